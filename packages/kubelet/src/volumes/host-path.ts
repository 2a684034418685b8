import { mkdir, stat, writeFile } from 'node:fs/promises';
import type { HostPathVolumeSource } from '@typernetes/api/core/v1';
import { codeOf } from '@typernetes/base';

const failures: Readonly<Record<string, string>> = {
  Directory: 'is not a directory',
  DirectoryOrCreate: 'is not a directory',
  File: 'is not a file',
  FileOrCreate: 'is not a file',
  Socket: 'is not a socket',
  CharDevice: 'is not a character device',
  BlockDevice: 'is not a block device',
};

/** Checks the type that the volume asks for, and creates the path if the type says so. Returns the path itself. */
export async function prepareHostPath({ path, type = '' }: HostPathVolumeSource): Promise<string> {
  if (type === '') return path;
  const found = await statIfThere(path);
  if (!found) {
    // Another pod may make the same file or folder at the same time.
    if (type === 'DirectoryOrCreate') await mkdir(path, { recursive: true, mode: 0o755 });
    else if (type === 'FileOrCreate') await writeFile(path, '', { mode: 0o644, flag: 'a' });
    else throw new Error(`hostPath type check failed: ${path} ${failures[type]}`);
    return path;
  }
  const matches: Readonly<Record<string, boolean>> = {
    Directory: found.isDirectory(),
    DirectoryOrCreate: found.isDirectory(),
    File: found.isFile(),
    FileOrCreate: found.isFile(),
    Socket: found.isSocket(),
    CharDevice: found.isCharacterDevice(),
    BlockDevice: found.isBlockDevice(),
  };
  if (!matches[type]) throw new Error(`hostPath type check failed: ${path} ${failures[type]}`);
  return path;
}

/** Whether a path is a block device; false if it does not exist. */
export const isBlockDevice = async (path: string): Promise<boolean> =>
  (await statIfThere(path))?.isBlockDevice() ?? false;

async function statIfThere(path: string): Promise<import('node:fs').Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
