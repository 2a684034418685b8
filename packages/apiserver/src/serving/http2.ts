import {
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { peerAddress } from '@typernetes/process';
import type { Handler } from '../handlers/handler.ts';
import { blocksOf } from '../request/body-pieces.ts';
import type { ServerRequest } from '../request/server-request.ts';
import type { Exchanges } from './exchanges.ts';
import { clientGone, readAll, serverStops, splitTarget } from './http-request.ts';
import { peerCertificateOf } from './peer-certificate.ts';
import { pour } from './stream-sink.ts';

/** The HTTP/2 side, on the stream API: the compatible one costs half as much again per request. */
export function http2Server(handler: Handler, exchanges: Exchanges, options: Http2Options = {}): Http2 {
  const { maxStreams = defaultMaxStreams, sendsAway = () => false } = options;
  const server = createServer({ settings: { maxConcurrentStreams: maxStreams, initialWindowSize: 256 * 1024 } });
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
    session.setLocalWindowSize(1024 * 1024);
    session.on('error', () => session.destroy());
  });
  server.on('stream', (stream, headers) => {
    void serve(handler, stream as ServerHttp2Stream, { headers, exchanges });
    // Streams that are open go on; the client makes a new connection for what comes next, perhaps to another server.
    if (sendsAway()) stream.session?.close();
  });
  return {
    server,
    sendAllAway: () => {
      for (const session of sessions) session.close();
    },
  };
}

export interface Http2Options {
  /** Requests at once on a connection. */
  readonly maxStreams?: number | undefined;
  /** Asked for each request: whether its connection takes no more. */
  readonly sendsAway?: (() => boolean) | undefined;
}

/** As upstream: a client that wants more at once opens another connection. */
const defaultMaxStreams = 250;

export interface Http2 {
  readonly server: Http2Server;
  /** Tells all clients to make no more requests on their connections. */
  sendAllAway(): void;
}

async function serve(
  handler: Handler,
  stream: ServerHttp2Stream,
  { headers, exchanges }: { headers: IncomingHttpHeaders; exchanges: Exchanges },
): Promise<void> {
  const gone = new AbortController();
  const end = exchanges.begin();
  stream.once('close', () => {
    gone.abort(clientGone);
    end();
  });
  stream.on('error', () => gone.abort(clientGone));
  const reply = await handler(requestOf(stream, headers, gone.signal));
  if (stream.destroyed || stream.closed) return;
  const empty = reply.body === undefined || (reply.body instanceof Uint8Array && reply.body.length === 0);
  const { connection, ...headersOfReply } = reply.headers;
  stream.respond({ ':status': reply.status, ...headersOfReply } as Record<string, string | string[] | number>, {
    endStream: empty,
  });
  // The header is none of HTTP/2, which has a frame for it.
  if (connection === 'close') stream.session?.close();
  if (empty) return;
  if (typeof reply.body !== 'function') {
    if (reply.body instanceof Uint8Array) stream.end(reply.body);
    else {
      for (const block of blocksOf(reply.body ?? [])) stream.write(block);
      stream.end();
    }
    return;
  }
  const over = exchanges.streaming(() => gone.abort(serverStops));
  await pour(reply.body, stream, gone.signal);
  over();
}

function requestOf(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, signal: AbortSignal): ServerRequest {
  const socket = stream.session?.socket as TLSSocket | undefined;
  return {
    method: headers[':method'] ?? 'GET',
    ...splitTarget(headers[':path'] ?? '/'),
    headers: headers as Record<string, string | undefined>,
    remoteAddress: peerAddress(socket?.remoteAddress),
    clientCertificate: socket && peerCertificateOf(socket),
    body: (limit) => {
      askForBody(stream, headers);
      return readAll(stream, limit);
    },
    bodyStream: () => {
      askForBody(stream, headers);
      return stream;
    },
    signal,
  };
}

/** A client that waits for a word before it sends its body gets it when the body is read: whoever is refused need not send one. */
function askForBody(stream: ServerHttp2Stream, { expect }: IncomingHttpHeaders): void {
  const waits = expect !== undefined && expect.toLowerCase() === '100-continue';
  if (waits && !stream.headersSent && !stream.destroyed && (stream.sentInfoHeaders?.length ?? 0) === 0)
    stream.additionalHeaders({ ':status': 100 });
}
