import type { IncomingHttpHeaders, IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { posix } from 'node:path';
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

/** The reason for refusing a request; undefined if it is allowed. */
export function refusalOf(rules: ProxyRules): (request: ProxiedRequest) => string | undefined {
  const any = (expressions: readonly RegExp[], text: string): boolean => expressions.some((one) => one.test(text));
  return ({ method, host, path }) => {
    if (any(rules.rejectPaths, path) || any(rules.rejectMethods, method)) return 'Forbidden';
    return any(rules.acceptPaths, path) && any(rules.acceptHosts, host) ? undefined : 'Forbidden';
  };
}

export interface ProxyOptions {
  readonly refuse: (request: ProxiedRequest) => string | undefined;
  /** Appends a slash if there is none. */
  readonly apiPrefix: string;
  readonly www: string;
  readonly wwwPrefix: string;
  readonly session: Session;
  /** Whether requests' paths are appended to the path of the server's address. */
  readonly appendServerPath: boolean;
}

/** Hop-by-hop headers, and headers that would authenticate as someone other than the kubeconfig's user. */
const dropped = new Set([
  'host',
  'connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
  'authorization',
  'content-length',
]);

export const folderOf = (prefix: string): string => (prefix.endsWith('/') ? prefix : `${prefix}/`);

const movedTo = (location: string) => ({
  status: 301,
  text: `<a href="${location}">Moved Permanently</a>.\n\n`,
  location,
});

/** Without its port, and then without the brackets of an IPv6 address, as Go takes it apart. */
function hostOf(header: string): string {
  const [, inBrackets, plain] = /^(?:\[(.*)\]|([^:]*)):[^:]*$/.exec(header) ?? [];
  return inBrackets ?? plain ?? header;
}

/** Removes empty and dot segments of a path. */
function cleaned(path: string): string {
  const clean = posix.normalize(`/${path}`);
  return path.endsWith('/') ? folderOf(clean) : clean.replace(/(?<=.)\/$/, '');
}

/** The target of a request, or an immediate response. */
export function proxiedPath(
  { method = 'GET', url = '/', headers }: IncomingMessage,
  { refuse, apiPrefix }: ProxyOptions,
): { path: string } | { status: number; text: string; location?: string } {
  const prefix = folderOf(apiPrefix);
  const [path = '/'] = url.split('?');
  // The folder without its slash.
  if (`${path}/` === prefix) return movedTo(prefix);
  if (!url.startsWith(prefix)) return { status: 404, text: '404 page not found\n' };
  const refusal = refuse({ method, host: hostOf(headers.host ?? ''), path });
  return refusal === undefined ? { path: `/${url.slice(prefix.length)}` } : { status: 403, text: `${refusal}\n` };
}

/** Of two prefixes the longer one counts. */
function isOfServer(path: string, { apiPrefix, wwwPrefix }: ProxyOptions): boolean {
  const prefix = folderOf(apiPrefix);
  return prefix.length > folderOf(wwwPrefix).length && (path.startsWith(prefix) || `${path}/` === prefix);
}

/** The headers that are passed on to the server. */
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
      const [path = '/', query] = (request.url ?? '/').split('?', 2);
      const files = folderOf(wwwPrefix);
      const clean = cleaned(path);
      const redirect = (to: string): void => sendMoved(request, response, query === undefined ? to : `${to}?${query}`);
      if (clean !== path) return redirect(clean);
      if (www !== '' && `${path}/` === files) return redirect(files);
      if (www !== '' && path.startsWith(files) && !isOfServer(path, options)) {
        const { serveFile } = await import('./proxy-files.ts');
        return serveFile(request, response, { root: www, path: path.slice(files.length) });
      }
      const target = proxiedPath(request, options);
      if ('status' in target && target.location) return redirect(target.location);
      if ('status' in target) return answerText(response, target.status, target.text);
      await pass(request, response, { session, path: target.path, atRoot: !appendServerPath });
    };
    answer().catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else answerText(response, 502, `${messagesOf(error)}\n`);
    });
  };
}

function sendMoved({ method = 'GET' }: IncomingMessage, response: ServerResponse, location: string): void {
  const { status, text } = movedTo(location.replaceAll('&', '&amp;'));
  if (method !== 'GET' && method !== 'HEAD') {
    response.writeHead(status, { location, 'content-length': 0 }).end();
    return;
  }
  const headers = { location, 'content-type': 'text/html; charset=utf-8', 'content-length': Buffer.byteLength(text) };
  response.writeHead(status, headers).end(method === 'GET' ? text : undefined);
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

/** A plain text response, as of Go's http.Error. */
export function answerText(
  response: ServerResponse,
  status: number,
  text: string,
  more: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, {
    ...more,
    'content-type': 'text/plain; charset=utf-8',
    'x-content-type-options': 'nosniff',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}
