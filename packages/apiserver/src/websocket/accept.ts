import type { IncomingMessage } from 'node:http';
import { badRequest } from '@typernetes/machinery';
import type { WebSocket } from 'ws';
import type { RawConnection, ServerRequest } from '../request/server-request.ts';

export function asksForWebSocket({ takeConnection, headers }: ServerRequest): boolean {
  return takeConnection !== undefined && headers.upgrade?.toLowerCase() === 'websocket';
}

/** By which browsers send their token; no protocol that could be spoken. */
const tokenPrefix = 'base64url.bearer.authorization.k8s.io.';

/** The subprotocols that the client would speak, the dearest first. */
export function offeredProtocols({ headers }: ServerRequest): string[] {
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim());
  return offered.filter((one) => one !== '' && !one.startsWith(tokenPrefix));
}

/** Throws a BadRequest for what is no handshake; returns the way to the connection otherwise. */
export function checkHandshake({ method, headers, takeConnection }: ServerRequest): () => RawConnection {
  if (!takeConnection || method !== 'GET' || !/^[+/0-9A-Za-z]{22}==$/.test(headers['sec-websocket-key'] ?? ''))
    throw badRequest('unable to upgrade: a WebSocket needs GET and a Sec-WebSocket-Key of 16 bytes');
  if (headers['sec-websocket-version'] !== '13')
    throw badRequest('unable to upgrade: only version 13 of WebSocket is spoken');
  return takeConnection;
}

/**
 * Switches the request's connection to WebSocket (RFC 6455), with `protocol` as its subprotocol. Throws a BadRequest while the connection can
 * still be answered, and rejects when the client leaves in the middle of the handshake.
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
  // Names as `SPDY/3.1+portforward.k8s.io` have a slash, which is none of a token's characters: the library would refuse them.
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
        // Whoever breaks off is gone, and 'close' says so.
        client.on('error', () => undefined);
        socket.resume();
        resolve(client);
      },
    );
  });
}

/** The end as a client expects it that has got everything: without a code, upstream's kubectl takes it for a failure. */
export const normalClosure = 1000;
