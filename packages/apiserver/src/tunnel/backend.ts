import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders, type RequestOptions } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { connect as connectTcp, type Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { messageOf } from '@typernetes/base';
import { type Dial, isTakenForItsOwnIssuer } from '@typernetes/client';
import { StatusError } from '@typernetes/machinery';
import type { ServerRequest } from '../request/server-request.ts';
import { limitDial } from './dial-limit.ts';
import { certificateText } from './network-text.ts';
import { secured } from './secured.ts';

/** The target of a forwarded request. */
export interface Backend {
  readonly host: string;
  readonly port: number;
  /** How to connect to it; default: TCP. */
  readonly dial?: Dial | undefined;
  /** Undefined: plain TCP. Without a CA the server's certificate is believed, as upstream does. */
  readonly tls?: {
    readonly cert?: string;
    readonly key?: string;
    readonly ca?: string;
    /** The name that the server's certificate must have, if not the host's. */
    readonly servername?: string;
    /** Whether the server's certificate is checked at all. Default: if there is a CA. */
    readonly verify?: boolean;
  };
  /** With the query. */
  readonly path: string;
  /** Replace the request's headers of these names. */
  readonly headers?: Readonly<Record<string, string | string[]>>;
}

const agents = new WeakMap<object, Agent>();
/** Servers whose certificate OpenSSL considers self-issued: see {@link secured}. */
const nameless = new WeakSet<object>();

/** Sends the request on and resolves with the head of the answer. */
export async function askBackend(backend: Backend, request: ServerRequest): Promise<IncomingMessage> {
  const headers = forwardedHeaders(request);
  try {
    return await sendTo(backend, { method: request.method, headers, signal: request.signal, body: request });
  } catch (error) {
    const url = `${backend.tls ? 'https' : 'http'}://${backend.host}:${backend.port}${backend.path}`;
    const why = dialText(backend, error as Error);
    throw new StatusError('InternalError', `${titled(request.method)} ${JSON.stringify(url)}: ${why}`);
  }
}

interface SentRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly body?: ServerRequest;
}

/** One request; rejects with the network's error. */
export async function sendTo(backend: Backend, request: SentRequest): Promise<IncomingMessage> {
  const { tls } = backend;
  try {
    return await sendOnce(backend, request);
  } catch (error) {
    if (!tls?.ca || !verifies(tls) || nameless.has(tls) || !isTakenForItsOwnIssuer(error)) throw error;
    nameless.add(tls);
    agents.delete(tls);
    // The body is consumed by now, so the request cannot be repeated. Callers that forward such requests have fetched
    // documents from the server before, so it is known to be nameless.
    if (request.body && request.body.method !== 'GET' && request.body.method !== 'HEAD') throw error;
    return await sendOnce(backend, request);
  }
}

function sendOnce(
  { host, port, path, tls, dial, headers: own }: Backend,
  request: SentRequest,
): Promise<IncomingMessage> {
  const headers: OutgoingHttpHeaders = { ...request.headers, ...own };
  const options = { host, port, path, method: request.method, headers, signal: request.signal };
  return new Promise((resolve, reject) => {
    const sent = tls
      ? httpsRequest({ ...options, agent: agentOf(tls, dial), rejectUnauthorized: verifies(tls), ...serverName(tls) })
      : httpRequest({ ...options, ...(dial ? { createConnection: connecting(dial) } : {}) });
    sent.once('socket', (socket) => limitDial(socket));
    sent.once('response', resolve);
    sent.once('error', reject);
    if (!request.body) sent.end();
    else {
      void sendBody(request.body, sent).catch((error: unknown) =>
        sent.destroy(error instanceof Error ? error : undefined),
      );
    }
  });
}

/** An authority that is trusted need not be a root: as by Go's programs. */
const trust = { allowPartialTrustChain: true } as const;

/** For a connection to the backend. */
export const tlsOptionsOf = (tls: NonNullable<Backend['tls']>): ConnectionOptions => ({
  ...tls,
  ...trust,
  rejectUnauthorized: verifies(tls),
  ALPNProtocols: ['http/1.1'],
});

const verifies = ({ verify, ca }: NonNullable<Backend['tls']>): boolean => verify ?? ca !== undefined;
const serverName = ({ servername }: NonNullable<Backend['tls']>): { servername?: string } =>
  servername === undefined ? {} : { servername };

async function sendBody(request: ServerRequest, sent: { write(chunk: Uint8Array): boolean; end(): unknown }) {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    for await (const chunk of request.bodyStream()) sent.write(chunk);
  sent.end();
}

function agentOf(tls: NonNullable<Backend['tls']>, dial: Dial | undefined): Agent {
  let agent = agents.get(tls);
  if (!agent) {
    agent = new Agent({ cert: tls.cert, key: tls.key, ca: tls.ca, ...trust, keepAlive: true });
    if (dial || nameless.has(tls)) agent.createConnection = connectingSecurely(dial);
    agents.set(tls, agent);
  }
  return agent;
}

type Connect = Agent['createConnection'];

/** A connection factory for Node's clients. */
const connecting =
  (dial: Dial): NonNullable<RequestOptions['createConnection']> =>
  ({ host, port }, made) => {
    dial({ host: host ?? '', port: Number(port) }).then(
      (socket) => made(null, socket),
      (error: Error) => made(error, undefined as never),
    );
    return undefined;
  };

const connectingSecurely =
  (dial: Dial | undefined): Connect =>
  (options, made) => {
    const { host = '', port } = options as ConnectionOptions;
    const through = dial && (() => dial({ host, port: Number(port) }));
    secured(options as ConnectionOptions, { through }).then(
      (socket) => made?.(null, socket),
      (error: Error) => made?.(error, undefined as never),
    );
    return undefined;
  };

/** A connection to the backend that is ready for the bytes of a tunnel. */
export async function dialBackend(backend: Backend, signal: AbortSignal): Promise<Socket> {
  const { host, port, tls, dial } = backend;
  const dialed = dial && (() => dial({ host, port }, signal));
  try {
    const socket = tls
      ? await secured({ host, port, ...tlsOptionsOf(tls) }, { through: dialed, signal })
      : dialed
        ? await dialed()
        : await plainly({ host, port }, signal);
    // Interactive input is sent at once, as on Go's connections.
    socket.setNoDelay(true);
    return socket;
  } catch (error) {
    throw notDialed(backend, error as Error);
  }
}

function plainly(place: { readonly host: string; readonly port: number }, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp(place);
    limitDial(socket);
    const onAbort = (): void => void socket.destroy(new Error('the client went away'));
    const fail = (error: Error): void => {
      signal.removeEventListener('abort', onAbort);
      reject(error);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('error', fail);
    socket.once('connect', () => {
      signal.removeEventListener('abort', onAbort);
      socket.off('error', fail);
      resolve(socket);
    });
  });
}

const notDialed = (backend: Backend, error: Error): StatusError =>
  new StatusError('InternalError', `error dialing backend: ${dialText(backend, error)}`);

/** A failure as Go's dialer words it. */
export function dialText({ host, port }: Backend, error: Error): string {
  const at = `dial tcp ${host.includes(':') ? `[${host}]` : host}:${port}`;
  switch ('code' in error ? error.code : undefined) {
    case 'ECONNREFUSED':
      return `${at}: connect: connection refused`;
    case 'EHOSTUNREACH':
      return `${at}: connect: no route to host`;
    case 'ENOTFOUND':
      return `dial tcp: lookup ${host}: no such host`;
    case 'ETIMEDOUT':
      return `${at}: i/o timeout`;
    case 'ECONNRESET':
      return 'EOF';
    default:
      return certificateText(error) ?? messageOf(error);
  }
}

const titled = (method: string): string => `${method.charAt(0)}${method.slice(1).toLowerCase()}`;

/** Credentials are not forwarded, nor are hop-by-hop headers. */
const notForwarded = new Set([
  'authorization',
  'connection',
  'host',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

export function forwardedHeaders(request: ServerRequest): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers))
    if (value !== undefined && !name.startsWith(':') && !notForwarded.has(name) && !name.startsWith('impersonate-'))
      headers[name] = value.replaceAll('\n', ', ');
  return headers;
}
