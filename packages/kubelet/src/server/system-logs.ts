import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { findLog } from '@typernetes/process';
import { pageNotFound, send } from './refusal.ts';

/** `/logs/...`: the files and listings of the machine's log directory, as Go's file server shows them. */
export async function sendSystemLog(path: string, response: ServerResponse, root = '/var/log'): Promise<void> {
  const found = await findLog(path, root);
  if (!found) throw pageNotFound();
  if (found.kind === 'folder') {
    send(response, 200, found.html, 'text/html; charset=utf-8');
    return;
  }
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'content-length': found.size });
  if (found.size === 0) response.end();
  else await pipeline(found.read(), response);
}
