import { readFile } from 'node:fs/promises';
import type { IncomingHttpHeaders, IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { messagesOf } from '@typernetes/base';
import type { Session } from '../session.ts';

export interface ProxyRules {
  readonly acceptHosts: readonly RegExp[];
  readonly acceptPaths: readonly RegExp[];
  readonly rejectPaths: readonly RegExp[];
  readonly rejectMethods: readonly RegExp[];
}

export interface ProxiedRequest {
  readonly method: string;
  readonly host: string;
  readonly path: string;
}

/** Why a request does not go through, or undefined when it does. */
export function refusalOf(rules: ProxyRules): (request: ProxiedRequest) => string | undefined {
  const any = (expressions: readonly RegExp[], text: string): boolean => expressions.some((one) => one.test(text));
  return ({ method, host, path }) => {
    if (any(rules.rejectPaths, path) || any(rules.rejectMethods, method)) return 'Forbidden';
    return any(rules.acceptPaths, path) && any(rules.acceptHosts, host) ? undefined : 'Forbidden';
  };
}

export interface ProxyOptions {
  readonly refuse: (request: ProxiedRequest) => string | undefined;
  /** Ends with a slash, or gets one. */
  readonly apiPrefix: string;
  readonly www: string;
  readonly wwwPrefix: string;
  readonly session: Session;
  /** Whether the path of the server's address stands before that of requests. */
  readonly appendServerPath: boolean;
}

/** Headers that belong to one connection, and those that would speak for somebody else than the user of the kubeconfig. */
const dropped = new Set([
  'host',
  'connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
  'authorization',
  'content-length',
]);

/** Where a request goes, or what is answered at once. */
export function proxiedPath(
  { method = 'GET', url = '/', headers }: IncomingMessage,
  { refuse, apiPrefix }: ProxyOptions,
): { path: string } | { status: number; text: string; location?: string } {
  const prefix = apiPrefix.endsWith('/') ? apiPrefix : `${apiPrefix}/`;
  const [path = '/'] = url.split('?');
  // The folder without its slash.
  if (`${path}/` === prefix)
    return { status: 301, text: `<a href="${prefix}">Moved Permanently</a>.\n\n`, location: prefix };
  if (!url.startsWith(prefix)) return { status: 404, text: '404 page not found\n' };
  const refusal = refuse({ method, host: (headers.host ?? '').replace(/:\d+$/, ''), path });
  return refusal === undefined ? { path: `/${url.slice(prefix.length)}` } : { status: 403, text: `${refusal}\n` };
}

/** Those that the server gets as well. */
export function passedHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      dropped.has(name) || name.startsWith('impersonate-') || value === undefined ? [] : [[name, String(value)]],
    ),
  );
}

/** Passes requests on to the API server with the user's credentials. */
export function proxyHandler(options: ProxyOptions): RequestListener {
  const { www, wwwPrefix, session, appendServerPath } = options;
  return (request, response) => {
    const answer = async (): Promise<void> => {
      const [path = '/'] = (request.url ?? '/').split('?');
      if (www !== '' && path.startsWith(wwwPrefix))
        return sendFile(response, { root: www, path: path.slice(wwwPrefix.length) });
      const target = proxiedPath(request, options);
      if ('status' in target && target.location) {
        const headers = { location: target.location, 'content-type': 'text/html; charset=utf-8' };
        response.writeHead(target.status, headers).end(target.text);
        return;
      }
      if ('status' in target) return end(response, target.status, target.text);
      await pass(request, response, { session, path: target.path, atRoot: !appendServerPath });
    };
    answer().catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else end(response, 502, `${messagesOf(error)}\n`);
    });
  };
}

async function pass(
  request: IncomingMessage,
  response: ServerResponse,
  { session, path, atRoot }: { session: Session; path: string; atRoot: boolean },
): Promise<void> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk as Uint8Array);
  const headers = passedHeaders(request.headers);
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const answer = await session.client.transport.request({
    method: request.method ?? 'GET',
    path,
    atRoot,
    headers,
    ...(chunks.length > 0 ? { body: Buffer.concat(chunks) } : {}),
    signal: gone.signal,
  });
  const { connection: _own, 'transfer-encoding': _framing, 'keep-alive': _kept, ...passed } = answer.headers;
  response.writeHead(answer.status, passed);
  response.flushHeaders();
  for await (const chunk of answer.body) {
    if (!response.write(chunk)) await new Promise((resolve) => response.once('drain', resolve).once('close', resolve));
  }
  response.end();
}

const contentTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
};

async function sendFile(response: ServerResponse, { root, path }: { root: string; path: string }): Promise<void> {
  // Normalized under a root of its own: no path leads out of the folder.
  const inside = normalize(`/${decodeURIComponent(path)}`);
  const file = join(root, inside.endsWith('/') ? `${inside}index.html` : inside);
  let body: Buffer;
  try {
    body = await readFile(file);
  } catch {
    end(response, 404, '404 page not found\n');
    return;
  }
  response.writeHead(200, { 'content-type': contentTypes[extname(file)] ?? 'application/octet-stream' });
  response.end(body);
}

function end(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(text);
}
