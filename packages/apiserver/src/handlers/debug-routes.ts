import { changeVerbosity, findLog, flagsPage, isDebugFlagsPath, type Verbosity } from '@typernetes/process';
import { bytesReply, guardedTextReply, pageNotFound } from '../request/reply.ts';
import { readText } from './decode.ts';
import type { SystemRoute } from './system-routes.ts';

/** `/logs`: the files of this machine's log folder (upstream: routes.Logs). Only where `--enable-logs-handler` asks for it. */
export function logsRoute(root = '/var/log'): SystemRoute {
  return async ({ request }) => {
    if (request.method !== 'GET' || !/^\/logs(\/|$)/.test(request.path)) return undefined;
    const path = unescaped(request.path.slice('/logs'.length));
    if (path === undefined) return pageNotFound();
    if (path.split('/').includes('..')) return guardedTextReply(400, 'invalid URL path\n');
    const found = await findLog(path, root);
    if (!found) return pageNotFound();
    if (found.kind === 'folder') return bytesReply(200, Buffer.from(found.html), 'text/html; charset=utf-8');
    const headers = { 'content-type': 'text/plain; charset=utf-8', 'content-length': `${found.size}` };
    if (found.size === 0) return { status: 200, headers, body: new Uint8Array() };
    return {
      status: 200,
      headers,
      body: async (sink) => {
        for await (const chunk of found.read()) if (!sink.write(chunk as Buffer)) await sink.drained();
      },
    };
  };
}

/** Undefined for escapes that are not UTF-8: no file has such a name here. */
function unescaped(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

/** `/debug/flags/v`: how much the server logs, from now on (upstream: routes.DebugFlags). */
export function debugFlagsRoute(verbosity: Verbosity): SystemRoute {
  return async ({ request }) => {
    const { path } = request;
    if (!isDebugFlagsPath(path)) return undefined;
    if (path !== '/debug/flags/v') return bytesReply(200, Buffer.from(flagsPage), 'text/html; charset=utf-8');
    const { status, text } = changeVerbosity(verbosity, request.method, await readText(request));
    const reply = bytesReply(status, Buffer.from(text), 'text/plain');
    return { ...reply, headers: { ...reply.headers, 'x-content-type-options': 'nosniff' } };
  };
}
