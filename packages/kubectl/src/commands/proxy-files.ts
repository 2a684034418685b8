import { createReadStream } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join, normalize } from 'node:path';
import { codeOf } from '@typernetes/base';
import { contentTypeOf } from './proxy-content-type.ts';
import { answerText } from './proxy-handler.ts';

/** Serves the files of a folder as Go's file server does: directory lists, `index.html` in their place, single ranges, If-Modified-Since. */
export async function serveFile(
  request: IncomingMessage,
  response: ServerResponse,
  { root, path }: { root: string; path: string },
): Promise<void> {
  const { method = 'GET', url = '' } = request;
  const [, query] = url.split('?', 2);
  const redirect = (to: string): void => {
    response.writeHead(301, { location: query ? `${to}?${query}` : to, 'content-length': 0 }).end();
  };
  // Normalized as an absolute path first, so that no path leaves the folder.
  const inside = normalize(`/${decodeURIComponent(path)}`);
  if (inside.endsWith('/index.html')) return redirect('./');
  const last = inside.split('/').at(inside.endsWith('/') ? -2 : -1) ?? '';
  let file = join(root, inside.replace(/\/$/, ''));
  let found = await statOf(file);
  if (found && !found.isDirectory() && inside.endsWith('/')) return redirect(`../${last}`);
  if (found?.isDirectory()) {
    if (!inside.endsWith('/') && inside !== '/') return redirect(`${last}/`);
    const index = join(file, 'index.html');
    const page = await statOf(index);
    if (page?.isFile()) [file, found] = [index, page];
  }
  if (!found) return answerText(response, 404, '404 page not found\n');
  const modified = Math.floor(found.mtimeMs / 1000) * 1000;
  const { 'if-modified-since': since = '', range } = request.headers;
  const lastModified = { 'last-modified': new Date(modified).toUTCString() };
  if ((method === 'GET' || method === 'HEAD') && Date.parse(since) >= modified) {
    response.writeHead(304, lastModified).end();
    return;
  }
  const isHead = method === 'HEAD';
  if (found.isDirectory()) {
    const page = Buffer.from(await listing(file));
    const type = 'text/html; charset=utf-8';
    response.writeHead(200, { ...lastModified, 'content-type': type, 'content-length': page.length });
    response.end(isHead ? undefined : page);
    return;
  }
  const part = partOf(range, found.size);
  const headers = { ...lastModified, 'accept-ranges': 'bytes' };
  if (part === 'none') {
    const text = 'invalid range: failed to overlap\n';
    answerText(response, 416, text, { 'content-range': `bytes */${found.size}` });
    return;
  }
  const { start, end } = part ?? { start: 0, end: found.size - 1 };
  response.writeHead(part ? 206 : 200, {
    ...headers,
    ...(part ? { 'content-range': `bytes ${start}-${end}/${found.size}` } : {}),
    'content-type': contentTypeOf(file, await headOf(file)),
    'content-length': end - start + 1,
  });
  if (isHead || end < start) response.end();
  else
    createReadStream(file, { start, end })
      .on('error', () => response.destroy())
      .pipe(response);
}

async function statOf(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '')) throw error;
    return undefined;
  }
}

/** `bytes=1-2`, `bytes=-5`, `bytes=3-`; undefined for several ranges, which may be answered with the whole file; `none` if the range is behind the end. */
function partOf(range: string | undefined, size: number): { start: number; end: number } | 'none' | undefined {
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(range ?? '') ?? [];
  if (from === '' && to === '') return undefined;
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (start >= size) return 'none';
  return end < start ? undefined : { start, end };
}

/** The bytes by which a file's type is recognized if its name does not tell. */
async function headOf(path: string): Promise<Uint8Array> {
  const handle = await open(path);
  try {
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(512) });
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

async function listing(folder: string): Promise<string> {
  const entries = await readdir(folder, { withFileTypes: true });
  const lines = entries
    .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
    .sort((a, b) => (a < b ? -1 : 1))
    .map((name) => `<a href="${hrefOf(name)}">${escaped(name)}</a>\n`);
  return `<!doctype html>\n<meta name="viewport" content="width=device-width">\n<pre>\n${lines.join('')}</pre>\n`;
}

/** A colon in the first segment would be read as a scheme. */
const hrefOf = (name: string): string => {
  const path = encodeURI(name).replace(/[?#]/g, (one) => (one === '?' ? '%3F' : '%23'));
  return path.includes(':') ? `./${path}` : path;
};

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
};
const escaped = (text: string): string => text.replace(/[&<>"']/g, (one) => entities[one] ?? one);
