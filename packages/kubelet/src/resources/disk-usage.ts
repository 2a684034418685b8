import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '@typernetes/base';

export interface DiskUsage {
  readonly bytes: number;
  readonly inodes: number;
}

const blockBytes = 512;

/**
 * The disk usage of a directory with everything below it. Hard links count once, and file systems mounted below do not
 * count; zero if the directory does not exist.
 */
export async function diskUsage(directory: string): Promise<DiskUsage> {
  const total = { bytes: 0, inodes: 0 };
  const seen = new Set<number>();
  let device: number | undefined;
  const add = async (path: string): Promise<void> => {
    try {
      const stat = await lstat(path);
      device ??= stat.dev;
      if (stat.dev !== device || seen.has(stat.ino)) return;
      seen.add(stat.ino);
      total.bytes += stat.blocks * blockBytes;
      total.inodes++;
      if (!stat.isDirectory()) return;
      for (const name of await readdir(path)) await add(join(path, name));
    } catch (error) {
      // Programs make and remove files while we look.
      if (!['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '')) throw error;
    }
  };
  await add(directory);
  return total;
}
