import type { IncomingMessage } from 'node:http';
import { badRequest } from '@typernetes/machinery';
import type { WebSocket } from 'ws';
import type { RawConnection, ServerRequest } from '../request/server-request.ts';

export function asksForWebSocket({ takeConnection, headers }: ServerRequest): boolean {
  return takeConnection !== undefined && headers.upgrade?.toLowerCase() === 'websocket';
}

/** The prefix of the protocol by which browsers send their token; not an actual subprotocol. */
const tokenPrefix = 'base64url.bearer.authorization.k8s.io.';

/** The subprotocols that the client would speak, the dearest first. */
export function offeredProtocols({ headers }: Pick<ServerRequest, 'headers'>): string[] {
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim());
  return offered.filter((one) => one !== '' && !one.startsWith(tokenPrefix));
}

/** Throws a BadRequest for an invalid handshake; else returns a function that takes the connection. */
function checkHandshake({ method, headers, takeConnection }: ServerRequest): () => RawConnection {
  if (!takeConnection || method !== 'GET' || !/^[+/0-9A-Za-z]{22}==$/.test(headers['sec-websocket-key'] ?? ''))
    throw badRequest('unable to upgrade: a WebSocket needs GET and a Sec-WebSocket-Key of 16 bytes');
  if (headers['sec-websocket-version'] !== '13')
    throw badRequest('unable to upgrade: only version 13 of WebSocket is spoken');
  return takeConnection;
}

/**
 * Switches the request's connection to WebSocket (RFC 6455), with `protocol` as its subprotocol. Throws a BadRequest
 * while a response can still be sent, and rejects when the client disconnects during the handshake.
 */
export async function acceptWebSocket(request: ServerRequest, protocol: string | undefined): Promise<WebSocket> {
  const { headers, method, path } = request;
  // Few servers ever need it: it loads with the first that does.
  const { WebSocketServer } = await import('ws');
  const takeConnection = checkHandshake(request);
  const { socket, head } = takeConnection();
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
  });
  // Names such as `SPDY/3.1+portforward.k8s.io` have a slash, which tokens may not contain: the library would refuse
  // them.
  const { 'sec-websocket-protocol': _, ...others } = headers;
  if (protocol !== undefined) server.on('headers', (lines) => lines.push(`Sec-WebSocket-Protocol: ${protocol}`));
  return new Promise((resolve, reject) => {
    const gone = (): void => reject(new Error('the client went away'));
    socket.once('close', gone);
    server.handleUpgrade(
      { method, headers: others, url: path } as IncomingMessage,
      socket,
      Buffer.from(head),
      (client) => {
        socket.off('close', gone);
        // An error means that the client is gone, which 'close' reports.
        client.on('error', () => undefined);
        socket.resume();
        resolve(client);
      },
    );
  });
}

/** The end as a client expects it that has got everything: without a code, upstream's kubectl takes it for a failure. */
export const normalClosure = 1000;
