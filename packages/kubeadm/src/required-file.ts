import { codeOf, messageOf } from '@typernetes/base';
import type { Files } from './host.ts';

/** The text of a file. Throws an Error that says, as Go does, why it cannot be read. */
export async function requireText(files: Pick<Files, 'read'>, path: string): Promise<string> {
  const text = await files.read(path).catch((error: unknown) => {
    throw new Error(whyUnreadable(error, path));
  });
  if (text === undefined) throw new Error(`open ${path}: no such file or directory`);
  return text;
}

function whyUnreadable(error: unknown, path: string): string {
  if (codeOf(error) === 'EISDIR') return `read ${path}: is a directory`;
  if (codeOf(error) === 'EACCES') return `open ${path}: permission denied`;
  return codeOf(error) === 'ENOTDIR' ? `open ${path}: not a directory` : messageOf(error);
}
