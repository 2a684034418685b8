import { createReadStream } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, normalize } from 'node:path';
import type { Readable } from 'node:stream';
import { codeOf } from '@typernetes/base';

/** A file below a folder of logs, as long as it was when it was opened, or the list of a folder as HTML. */
export type LogEntry =
  | { readonly kind: 'file'; readonly size: number; readonly read: () => Readable }
  | { readonly kind: 'folder'; readonly html: string };

/**
 * The file or listing at a path, as Go's file server shows it; undefined if it does not exist or is not below the
 * folder.
 */
export async function findLog(path: string, root: string): Promise<LogEntry | undefined> {
  const full = join(root, normalize(`/${path}`));
  try {
    const found = await stat(full);
    const [base, resolved] = await Promise.all([realpath(root), realpath(full)]);
    if (resolved !== base && !resolved.startsWith(`${base}/`)) return undefined;
    if (found.isDirectory()) return { kind: 'folder', html: await listing(full) };
    // The file may grow meanwhile: send as much as was announced.
    return { kind: 'file', size: found.size, read: () => createReadStream(full, { end: found.size - 1 }) };
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes(codeOf(error) ?? '')) return undefined;
    throw error;
  }
}

async function listing(folder: string): Promise<string> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.map((entry) => `${entry.name}${entry.isDirectory() ? '/' : ''}`).sort();
  const rows = names.map((name) => `<a href="${encodeURI(name)}">${escapeHtml(name)}</a>\n`).join('');
  return `<!doctype html>\n<meta name="viewport" content="width=device-width">\n<pre>\n${rows}</pre>\n`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&#34;');
}
