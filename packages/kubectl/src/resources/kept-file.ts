import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { codeOf } from '@typernetes/base';

/** Permissions of a file, and of the folders that are made for it. */
export interface KeptModes {
  readonly file: number;
  readonly folder: number;
}

/** Puts a file in the place of what was there, at once: nobody reads half of it. Throws what the file system says; nothing is left behind then. */
export function keepFile(path: string, content: string | Uint8Array, { file, folder }: KeptModes): void {
  mkdirSync(dirname(path), { recursive: true, mode: folder });
  const making = `${path}.${process.pid}`;
  try {
    writeFileSync(making, content, { mode: file });
    renameSync(making, path);
  } catch (error) {
    rmSync(making, { force: true });
    throw error;
  }
}

/** Not there, not ours, not writable, no room: a cache is done without then. */
export function isUnusable(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'EEXIST'].includes(
    codeOf(error) ?? '',
  );
}
