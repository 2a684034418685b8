import { createServer, type Http2Server, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '@typernetes/base';
import type { Handler } from '../handlers/handler.ts';
import { blocksOf } from '../request/body-pieces.ts';
import { withUserLines } from '../request/header-lines.ts';
import type { Reply, ServerRequest } from '../request/server-request.ts';
import type { Exchanges } from './exchanges.ts';
import { clientGone, readAll, serverStops } from './http-request.ts';
import { IdleSessions } from './idle-sessions.ts';
import { type Peer, peerOf } from './peer.ts';
import { ReceivedRequest } from './received-request.ts';
import { pour } from './stream-sink.ts';

/** The HTTP/2 side, on the stream API: the compatibility API costs half as much again per request. */
export function http2Server(handler: Handler, exchanges: Exchanges, options: Http2Options): Http2 {
  const { clock, maxStreams = defaultMaxStreams, sendsAway = () => false } = options;
  const server = createServer({ settings: { maxConcurrentStreams: maxStreams, initialWindowSize: 256 * 1024 } });
  const sessions = new IdleSessions(clock);
  server.on('session', (session) => {
    sessions.add(session);
    session.setLocalWindowSize(1024 * 1024);
    session.on('error', () => session.destroy());
    const peer = peerOf(session.socket as TLSSocket);
    session.on('stream', (stream, headers, _flags, raw) => {
      sessions.began(session, stream);
      void serve(handler, new Http2Request(stream, withUserLines(headers as Headers, raw), peer), exchanges);
      // Open streams continue; the client opens a new connection for further requests, perhaps to another server.
      if (sendsAway()) session.close();
    });
  });
  return {
    server,
    sendAllAway: () => sessions.sendAllAway(),
  };
}

interface Http2Options {
  readonly clock: Clock;
  /** Requests at once on a connection. */
  readonly maxStreams?: number | undefined;
  /** Asked for each request: whether its connection takes no more. */
  readonly sendsAway?: (() => boolean) | undefined;
}

/** As upstream: a client that wants more at once opens another connection. */
const defaultMaxStreams = 250;

interface Http2 {
  readonly server: Http2Server;
  /** Sends GOAWAY to all clients. */
  sendAllAway(): void;
}

async function serve(handler: Handler, request: Http2Request, exchanges: Exchanges): Promise<void> {
  const { stream } = request;
  const end = exchanges.begin();
  stream.on('close', () => {
    request.abort(clientGone);
    end();
  });
  stream.on('error', () => request.abort(clientGone));
  const { status, headers, body } = await handler(request);
  if (stream.destroyed || stream.closed) return;
  const empty = body === undefined || (body instanceof Uint8Array && body.length === 0);
  const closes = headers.connection === 'close';
  stream.respond({ ':status': status, ...(closes ? withoutConnection(headers) : headers) } as OutgoingHttpHeaders, {
    endStream: empty,
  });
  // HTTP/2 has a frame instead of this header.
  if (closes) stream.session?.close();
  if (empty) return;
  if (typeof body !== 'function') {
    if (body instanceof Uint8Array) stream.end(body);
    else {
      for (const block of blocksOf(body)) stream.write(block);
      stream.end();
    }
    return;
  }
  const over = exchanges.streaming(() => request.abort(serverStops));
  await pour(body, stream, request.signal);
  over();
}

const withoutConnection = ({ connection, ...others }: Reply['headers']): Reply['headers'] => others;

type Headers = ServerRequest['headers'];

/** A request that came over HTTP/2. */
class Http2Request extends ReceivedRequest {
  readonly stream: ServerHttp2Stream;

  constructor(stream: ServerHttp2Stream, headers: Headers, peer: Peer) {
    const head = {
      method: headers[':method'] ?? 'GET',
      target: headers[':path'] ?? '/',
      headers,
    };
    super(head, peer);
    this.stream = stream;
  }

  body(limit: number): Promise<Uint8Array> {
    askForBody(this.stream, this.headers);
    return readAll(this.stream, limit);
  }

  bodyStream(): AsyncIterable<Uint8Array> {
    askForBody(this.stream, this.headers);
    return this.stream;
  }
}

/** Sends 100 Continue when the body is read, so that refused clients need not send one. */
function askForBody(stream: ServerHttp2Stream, { expect }: ServerRequest['headers']): void {
  const waits = expect !== undefined && expect.toLowerCase() === '100-continue';
  if (waits && !stream.headersSent && !stream.destroyed && (stream.sentInfoHeaders?.length ?? 0) === 0)
    stream.additionalHeaders({ ':status': 100 });
}
