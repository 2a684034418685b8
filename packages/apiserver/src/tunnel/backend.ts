import { request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { messageOf } from '@typernetes/base';
import { StatusError } from '@typernetes/machinery';
import type { ServerRequest } from '../request/server-request.ts';

/** Where a request is handed on to. */
export interface Backend {
  readonly host: string;
  readonly port: number;
  /** Undefined: plain TCP. Without a CA the server's certificate is believed, as upstream does. */
  readonly tls?: { readonly cert?: string; readonly key?: string; readonly ca?: string };
  /** With the query. */
  readonly path: string;
}

const agents = new WeakMap<object, Agent>();

/** Sends the request on and resolves with the head of the answer. */
export function askBackend(backend: Backend, request: ServerRequest): Promise<IncomingMessage> {
  const { host, port, path, tls } = backend;
  const options = {
    host,
    port,
    path,
    method: request.method,
    headers: forwardedHeaders(request),
    signal: request.signal,
  };
  return new Promise((resolve, reject) => {
    const sent = tls
      ? httpsRequest({ ...options, agent: agentOf(tls), rejectUnauthorized: tls.ca !== undefined })
      : httpRequest(options);
    sent.once('response', resolve);
    sent.once('error', (error) => {
      const url = `${tls ? 'https' : 'http'}://${host}:${port}${path}`;
      reject(
        new StatusError(
          'InternalError',
          `${titled(request.method)} ${JSON.stringify(url)}: ${dialText(backend, error)}`,
        ),
      );
    });
    void sendBody(request, sent).catch((error: unknown) => sent.destroy(error instanceof Error ? error : undefined));
  });
}

async function sendBody(request: ServerRequest, sent: { write(chunk: Uint8Array): boolean; end(): unknown }) {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    for await (const chunk of request.bodyStream()) sent.write(chunk);
  sent.end();
}

function agentOf(tls: NonNullable<Backend['tls']>): Agent {
  let agent = agents.get(tls);
  if (!agent) {
    agent = new Agent({ ...tls, keepAlive: true });
    agents.set(tls, agent);
  }
  return agent;
}

/** A connection to the backend that is ready for the bytes of a tunnel. */
export function dialBackend(backend: Backend, signal: AbortSignal): Promise<Socket> {
  const { host, port, tls } = backend;
  return new Promise((resolve, reject) => {
    const socket = tls
      ? connectTls({ host, port, ...tls, rejectUnauthorized: tls.ca !== undefined, ALPNProtocols: ['http/1.1'] })
      : connectTcp({ host, port });
    const fail = (error: Error): void => {
      signal.removeEventListener('abort', onAbort);
      reject(new StatusError('InternalError', `error dialing backend: ${dialText(backend, error)}`));
    };
    const onAbort = (): void => void socket.destroy(new Error('the client went away'));
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('error', fail);
    socket.once(tls ? 'secureConnect' : 'connect', () => {
      signal.removeEventListener('abort', onAbort);
      socket.off('error', fail);
      resolve(socket);
    });
  });
}

/** The failure as Go's dialer words it. */
function dialText({ host, port }: Backend, error: Error): string {
  const at = `dial tcp ${host.includes(':') ? `[${host}]` : host}:${port}`;
  switch ('code' in error ? error.code : undefined) {
    case 'ECONNREFUSED':
      return `${at}: connect: connection refused`;
    case 'EHOSTUNREACH':
      return `${at}: connect: no route to host`;
    case 'ETIMEDOUT':
      return `${at}: i/o timeout`;
    default:
      return messageOf(error);
  }
}

const titled = (method: string): string => `${method.charAt(0)}${method.slice(1).toLowerCase()}`;

/** Credentials end here, and so does what belongs to one connection. */
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
      headers[name] = value;
  return headers;
}
