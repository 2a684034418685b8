import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { codeOf } from '@typernetes/base';

/** Modes of a file and of created folders. */
export interface KeptModes {
  readonly file: number;
  readonly folder: number;
}

/** Replaces a file atomically. Throws file system errors, without leaving a temporary file. */
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

/** Missing, foreign, read-only or full: the cache is not used then. */
export function isUnusable(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'EEXIST'].includes(
    codeOf(error) ?? '',
  );
}
