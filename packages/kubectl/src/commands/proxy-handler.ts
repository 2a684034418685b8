import { readFile } from 'node:fs/promises';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
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

/** Passes requests on to the API server with the user's credentials. */
export function proxyHandler({
  refuse,
  apiPrefix,
  www,
  wwwPrefix,
  session,
  appendServerPath,
}: ProxyOptions): RequestListener {
  const prefix = apiPrefix.endsWith('/') ? apiPrefix : `${apiPrefix}/`;
  return (request, response) => {
    const { method = 'GET', url = '/' } = request;
    const host = (request.headers.host ?? '').replace(/:\d+$/, '');
    const answer = async (): Promise<void> => {
      const [path = '/'] = url.split('?');
      if (www !== '' && path.startsWith(wwwPrefix))
        return sendFile(response, { root: www, path: path.slice(wwwPrefix.length) });
      if (!url.startsWith(prefix)) return end(response, 404, '404 page not found\n');
      const refusal = refuse({ method, host, path });
      if (refusal !== undefined) return end(response, 403, `${refusal}\n`);
      await pass(request, response, { session, path: `/${url.slice(prefix.length)}`, atRoot: !appendServerPath });
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
  const headers = Object.fromEntries(
    Object.entries(request.headers).flatMap(([name, value]) =>
      dropped.has(name) || name.startsWith('impersonate-') || value === undefined ? [] : [[name, String(value)]],
    ),
  );
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
