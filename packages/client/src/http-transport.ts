import { readFileSync } from 'node:fs';
import type { Clock } from '@typernetes/base';
import { systemClock, typernetesVersion } from '@typernetes/base';
import type { Dial } from './http1/dial.ts';
import { http1Transport } from './http1/transport.ts';
import { http2Connection } from './http2-connection.ts';
import type { TlsOptions } from './tls-options.ts';
import type { ApiRequest, Transport } from './transport.ts';

export interface HttpTransportOptions {
  /** `https://192.168.0.1:6443`, `http://127.0.0.1:8001`; a path in it prefixes every request's. */
  readonly server: string;
  readonly tls?: TlsOptions;
  readonly token?: string;
  /** Read again once a minute: the kubelet rotates the tokens that it mounts. */
  readonly tokenFile?: string;
  /** Asked before each request that nothing above has a secret for. */
  readonly tokenSource?: () => Promise<string>;
  readonly basic?: { readonly username: string; readonly password: string };
  readonly impersonate?: {
    readonly user: string;
    readonly uid?: string;
    readonly groups?: readonly string[];
    readonly extra?: Readonly<Record<string, readonly string[]>>;
  };
  /** An HTTP or SOCKS 5 proxy that connections go through. */
  readonly proxy?: URL;
  /** Makes connections, instead of `proxy`; then always HTTP/1.1. */
  readonly dial?: Dial | undefined;
  /** First word of the User-Agent header: the program's name. */
  readonly userAgent?: string;
  /**
   * One HTTP/2 session for everything instead of HTTP/1.1 keep-alive connections; or only for reads. Dozens of watches
   * then share a connection, at no more cost than separately; a write costs a third less CPU on both sides by HTTP/1.1.
   * Upgrades always use HTTP/1.1.
   */
  readonly http2?: boolean | 'reads';
  readonly clock?: Clock;
  /** The timeout of a TCP connection. Default: 30 s, including TLS. */
  readonly connectTimeoutMs?: number;
  /**
   * The timeout of a response's head with HTTP/1.1; 0: none. Default: a little longer than a server's limit for a
   * request. A server that lost power does not report it, and the kernel would retransmit for a quarter of an hour.
   */
  readonly answerTimeoutMs?: number;
  /** For short-lived programs: skips reading the environment's CAs if `tls` has its own (see `trustNamed`). */
  readonly ownAuthorityAlone?: boolean;
}

/** A protocol's implementation; headers are complete by then. */
type Connection = Transport;

const tokenFileLifetimeMs = 60_000;
const usualAnswerTimeoutMs = 75_000;

/** A transport to an API server over TCP. Connects on the first request. */
export function httpTransport(options: HttpTransportOptions): Transport {
  const url = new URL(options.server);
  const prefix = url.pathname.replace(/\/+$/, '');
  const clock = options.clock ?? systemClock;
  const {
    connectTimeoutMs,
    answerTimeoutMs = usualAnswerTimeoutMs,
    proxy,
    dial,
    ownAuthorityAlone,
    tls = {},
  } = options;
  const http1 = http1Transport({ url, tls, clock, connectTimeoutMs, answerTimeoutMs, proxy, dial, ownAuthorityAlone });
  const http2 =
    options.http2 && url.protocol === 'https:' && !proxy && !dial ? http2Connection({ url, tls, clock }) : undefined;
  const connectionFor = ({ method }: ApiRequest): Connection =>
    http2 && (options.http2 !== 'reads' || method === 'GET') ? http2 : http1;
  const token = bearerToken(options, clock);
  const fixed: Record<string, string> = {
    'user-agent': `${options.userAgent ?? 'typernetes'}/v${typernetesVersion}`,
    ...impersonation(options),
  };
  const repeated = impersonatedGroups(options);
  const completed = (request: ApiRequest): ApiRequest => {
    const headers = { ...fixed, ...request.headers };
    const secret = token();
    if (secret !== undefined) headers.authorization ??= `Bearer ${secret}`;
    else if (options.basic) {
      const { username, password } = options.basic;
      headers.authorization ??= `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    }
    const path = request.atRoot ? request.path : prefix + request.path;
    return { ...request, path, headers, ...(repeated ? { repeated } : {}) };
  };
  const { tokenSource } = options;
  const complete = tokenSource ? undefined : completed;
  const withToken = async (request: ApiRequest): Promise<ApiRequest> => {
    const whole = completed(request);
    if (!tokenSource || whole.headers?.authorization !== undefined) return whole;
    return { ...whole, headers: { ...whole.headers, authorization: `Bearer ${await tokenSource()}` } };
  };
  return {
    request: complete
      ? (request) => connectionFor(request).request(complete(request))
      : async (request) => connectionFor(request).request(await withToken(request)),
    upgrade: async (request) => http1.upgrade(complete ? complete(request) : await withToken(request)),
    ...(http2 ? {} : { connectAhead: http1.connectAhead }),
    close() {
      http2?.close();
      http1.close();
    },
  };
}

function bearerToken(options: HttpTransportOptions, clock: Clock): () => string | undefined {
  const { token, tokenFile } = options;
  if (tokenFile === undefined) return () => token;
  let cached = { token, readAt: Number.NEGATIVE_INFINITY };
  return () => {
    if (clock.monotonic() - cached.readAt > tokenFileLifetimeMs)
      cached = { token: readToken(tokenFile, cached.token), readAt: clock.monotonic() };
    return cached.token;
  };
}

/** While the file cannot be read, what it last said counts (as upstream). */
function readToken(file: string, last: string | undefined): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if (last === undefined) throw error;
    return last;
  }
}

function impersonation({ impersonate }: HttpTransportOptions): Record<string, string> {
  if (!impersonate) return {};
  return {
    'impersonate-user': impersonate.user,
    ...(impersonate.uid ? { 'impersonate-uid': impersonate.uid } : {}),
  };
}

function impersonatedGroups({ impersonate }: HttpTransportOptions): Record<string, readonly string[]> | undefined {
  const { groups = [], extra = {} } = impersonate ?? {};
  const keys = Object.keys(extra);
  if (groups.length === 0 && keys.length === 0) return undefined;
  const extras = keys.map((key) => [`impersonate-extra-${encodeURIComponent(key.toLowerCase())}`, extra[key] ?? []]);
  return { ...(groups.length > 0 ? { 'impersonate-group': groups } : {}), ...Object.fromEntries(extras) };
}
