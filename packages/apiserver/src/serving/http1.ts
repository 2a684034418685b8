import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Handler } from '../handlers/handler.ts';
import type { ServerRequest } from '../request/server-request.ts';
import type { Exchanges } from './exchanges.ts';
import { clientGone, readAll, serverStops, splitTarget } from './http-request.ts';
import { peerCertificateOf } from './peer-certificate.ts';
import { pour } from './stream-sink.ts';

/** The HTTP/1.1 side of the server. It listens nowhere: TLS connections are handed to it as 'connection' events. */
export function http1Server(handler: Handler, exchanges: Exchanges): Server {
  const server = createServer({ keepAliveTimeout: 180_000, requestTimeout: 0, headersTimeout: 32_000 });
  server.on('request', (incoming, response) => void serve(handler, incoming, { response, exchanges }));
  server.on('upgrade', (incoming, socket, head) => void serveUpgrade(handler, incoming, { socket, head }));
  return server;
}

function requestOf(incoming: IncomingMessage, signal: AbortSignal): ServerRequest {
  const socket = incoming.socket as TLSSocket;
  return {
    method: incoming.method ?? 'GET',
    ...splitTarget(incoming.url ?? '/'),
    headers: incoming.headers as Record<string, string | undefined>,
    remoteAddress: socket.remoteAddress ?? '',
    clientCertificate: peerCertificateOf(socket),
    body: (limit) => readAll(incoming, limit),
    bodyStream: () => incoming,
    signal,
  };
}

async function serve(
  handler: Handler,
  incoming: IncomingMessage,
  { response, exchanges }: { response: ServerResponse; exchanges: Exchanges },
): Promise<void> {
  const gone = new AbortController();
  const end = exchanges.begin();
  let isStreamed = false;
  response.once('close', () => {
    // Telling everybody costs: of an answer that was sent whole nobody needs to hear.
    if (isStreamed || !response.writableFinished) gone.abort(clientGone);
    end();
  });
  const reply = await handler(requestOf(incoming, gone.signal));
  // An answer before the request's end: what is left of it would be read as the next request.
  if (!incoming.complete && incoming.headers['content-length'] !== undefined) response.shouldKeepAlive = false;
  if (exchanges.ending) response.shouldKeepAlive = false;
  response.writeHead(reply.status, reply.headers as Record<string, string | string[]>);
  if (typeof reply.body !== 'function') {
    response.end(reply.body);
    return;
  }
  isStreamed = true;
  response.flushHeaders();
  const over = exchanges.streaming(() => gone.abort(serverStops));
  await pour(reply.body, response, gone.signal);
  over();
}

async function serveUpgrade(
  handler: Handler,
  incoming: IncomingMessage,
  connection: { socket: Duplex; head: Buffer },
): Promise<void> {
  const { socket } = connection;
  const gone = new AbortController();
  socket.once('close', () => gone.abort(clientGone));
  socket.on('error', () => gone.abort(clientGone));
  let isTaken = false;
  const reply = await handler({
    ...requestOf(incoming, gone.signal),
    takeConnection: () => {
      isTaken = true;
      return connection;
    },
  });
  if (isTaken) return;
  const body = reply.body instanceof Uint8Array ? reply.body : new Uint8Array();
  const headers = Object.entries({ ...reply.headers, 'content-length': `${body.length}`, connection: 'close' });
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.write(`HTTP/1.1 ${reply.status} ${STATUS_CODES[reply.status] ?? ''}\r\n${lines}\r\n`);
  socket.end(body);
}
