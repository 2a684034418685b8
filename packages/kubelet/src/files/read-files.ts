import { readdir, readFile } from 'node:fs/promises';
import { codeOf } from '@typernetes/base';

/** The names in a directory; empty if there is no such directory. */
export async function entriesOf(directory: string): Promise<readonly string[]> {
  return (await unlessMissing(readdir(directory))) ?? [];
}

/** The text of a file; undefined if there is no such file. */
export function textIn(path: string): Promise<string | undefined> {
  return unlessMissing(readFile(path, 'utf8'));
}

async function unlessMissing<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}
