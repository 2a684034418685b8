import { type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { Duplex } from 'node:stream';
import { type Status, StatusError } from '@typernetes/machinery';
import type { ServerRequest } from '../request/server-request.ts';
import { type Backend, dialText, forwardedHeaders, tlsOptionsOf } from './backend.ts';
import { textOf } from './forward.ts';

/**
 * Opens a SPDY/3.1 connection to the backend as the request's user, with one of the `protocols`. Rejects with the
 * backend's Status, or an InternalError with its text.
 */
export async function upgradeToSpdy(
  backend: Backend,
  request: ServerRequest,
  protocols: readonly string[],
): Promise<Duplex> {
  const { host, port, path, tls, headers } = backend;
  const options: RequestOptions = {
    ...{ host, port, path, method: 'POST', agent: false, signal: request.signal },
    headers: {
      ...withoutHandshake(forwardedHeaders(request)),
      ...headers,
      connection: 'Upgrade',
      upgrade: 'SPDY/3.1',
      'content-length': '0',
      'x-stream-protocol-version': [...protocols],
    },
  };
  const asked = tls ? requestHttps({ ...options, ...tlsOptionsOf(tls) }) : requestHttp(options);
  const outcome = new Promise<Duplex | IncomingMessage>((resolve, reject) => {
    asked.once('upgrade', (_answer: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    asked.once('response', resolve);
    asked.once('error', (error) =>
      reject(new StatusError('InternalError', `error dialing backend: ${dialText(backend, error)}`)),
    );
  });
  asked.end();
  const answer = await outcome;
  if (answer instanceof Duplex) return answer;
  const text = (await textOf(answer)).trim();
  if (text.startsWith('{')) throw StatusError.fromStatus(JSON.parse(text) as Status);
  throw new StatusError('InternalError', `Internal error occurred: unable to upgrade connection: ${text}`);
}

function withoutHandshake(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('sec-websocket-')));
}
