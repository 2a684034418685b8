import { createReadStream } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join, normalize } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { codeOf } from '@typernetes/base';
import { Refusal, send } from './refusal.ts';

/** `/logs/...`: the files of the machine's log directory, and lists of them, as Go's file server shows them. */
export async function sendSystemLog(path: string, response: ServerResponse, root = '/var/log'): Promise<void> {
  const full = join(root, normalize(`/${path}`));
  try {
    const found = await stat(full);
    const [base, resolved] = await Promise.all([realpath(root), realpath(full)]);
    if (resolved !== base && !resolved.startsWith(`${base}/`)) throw new Refusal(404, '404 page not found');
    if (!found.isDirectory()) {
      response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'content-length': found.size });
      // The file may grow meanwhile: as much is sent as was announced.
      if (found.size === 0) response.end();
      else await pipeline(createReadStream(full, { end: found.size - 1 }), response);
      return;
    }
    const entries = await readdir(full, { withFileTypes: true });
    const names = entries.map((entry) => `${entry.name}${entry.isDirectory() ? '/' : ''}`).sort();
    const rows = names.map((name) => `<a href="${encodeURI(name)}">${escapeHtml(name)}</a>\n`).join('');
    send(
      response,
      200,
      `<!doctype html>\n<meta name="viewport" content="width=device-width">\n<pre>\n${rows}</pre>\n`,
      'text/html; charset=utf-8',
    );
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '')) throw new Refusal(404, '404 page not found');
    throw error;
  }
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&#34;');
}
