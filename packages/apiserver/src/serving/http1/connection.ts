import type { Duplex } from 'node:stream';
import type { Clock } from '@typernetes/base';
import type { Handler } from '../../handlers/handler.ts';
import { lengthOf } from '../../request/body-pieces.ts';
import { type RawConnection, type Reply, taken } from '../../request/server-request.ts';
import type { Exchanges } from '../exchanges.ts';
import { clientGone, serverStops } from '../http-request.ts';
import { type Peer, peerOf } from '../peer.ts';
import type { PeerSocket } from '../peer-certificate.ts';
import { type BodyFraming, BodyWriter } from './body-writer.ts';
import { HeadBuffer } from './head-buffer.ts';
import { IncomingBody } from './incoming-body.ts';
import { IncomingRequest } from './incoming-request.ts';
import { HeadMemory, isRefusal, parseHead, type Refusal, type RequestHead } from './request-head.ts';
import { dateLine, refusal, responseHead } from './response-head.ts';
import { writeWhole } from './whole-answer.ts';

/**
 * An unread body is discarded up to this length for the sake of the next request (Go's limit); beyond it the connection
 * closes.
 */
const mostDropped = 256 * 1024;
/** Pipelined requests are buffered up to this size; then the client has to wait. */
const mostAhead = 64 * 1024;
/** How long a closing connection still accepts data from the client: closing at once could cost it the response. */
const lingerMs = 500;

interface ConnectionContext {
  readonly handler: Handler;
  readonly exchanges: Exchanges;
  readonly clock: Clock;
  /** Counts up while connections wait. */
  readonly rounds: { readonly count: number };
}

/** One request in progress. */
interface Exchange {
  readonly head: RequestHead;
  readonly request: IncomingRequest;
  readonly body: IncomingBody;
  readonly end: () => void;
  isContinued: boolean;
}

/** What a connection waits for; only waits caused by the server itself are unlimited. */
export type Waiting = 'request' | 'head' | 'handler' | 'rest' | 'nothing';

/**
 * HTTP/1.0 and 1.1 on one connection: reads and answers requests one after the other, in order, even when they are
 * pipelined.
 */
export class Http1Connection {
  readonly #socket: Duplex;
  readonly #context: ConnectionContext;
  readonly #peer: Peer;
  readonly #ahead = new HeadBuffer();
  readonly #memory = new HeadMemory();
  #exchange: Exchange | undefined;
  /** The body being received; outlives its exchange while the rest of it is discarded. */
  #coming: IncomingBody | undefined;
  #isClosing = false;
  /** The loop over requests is running further up the stack. */
  #isAdvancing = false;
  /** Answers wait for the client to take them. */
  #isBlocked = false;
  #isNew = true;
  #since: number;

  constructor(socket: Duplex & PeerSocket, context: ConnectionContext) {
    this.#socket = socket;
    this.#context = context;
    this.#since = context.rounds.count;
    // A client that has said all it will may still get its answer.
    socket.allowHalfOpen = true;
    this.#peer = peerOf(socket);
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('close', this.#onClose);
  }

  get waitsFor(): Waiting {
    if (this.#isClosing) return 'nothing';
    if (this.#exchange) return 'handler';
    if (this.#coming) return 'rest';
    return this.#isNew || this.#ahead.length > 0 ? 'head' : 'request';
  }

  /** Since which round. */
  get since(): number {
    return this.#since;
  }

  /** Takes no more requests: ends at once when none is under way. */
  retire(): void {
    if (!this.#exchange) this.#finish();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#isClosing) return;
    let rest = chunk;
    if (this.#coming) {
      const used = this.#coming.feed(chunk);
      if (!this.#coming.isComplete) {
        if (this.#coming.failure && !this.#exchange) this.#finish();
        return;
      }
      this.#coming = undefined;
      rest = chunk.subarray(used);
      if (rest.length === 0) return;
    }
    if (this.#ahead.length === 0) this.#since = this.#context.rounds.count;
    this.#ahead.add(rest);
    this.#advance();
  };

  /**
   * The client has half-closed: as in Go's servers, nobody waits for the response. One that is ready at once is still
   * sent.
   */
  readonly #onEnd = (): void => {
    if (this.#exchange) this.#abandon();
    else if (!this.#isBlocked) this.#finish();
  };

  readonly #onClose = (): void => {
    this.#isClosing = true;
    this.#abandon();
    this.#exchange?.end();
    this.#exchange = undefined;
  };

  #abandon(): void {
    this.#coming?.fail(clientGone);
    this.#exchange?.request.abort(clientGone);
  }

  /** Begins the next requests that are there, as far as it may. */
  #advance(): void {
    if (this.#isAdvancing) return;
    this.#isAdvancing = true;
    while (!this.#exchange && !this.#coming && !this.#isClosing && !this.#isBlocked && this.#ahead.length > 0) {
      if (this.#socket.writableNeedDrain) {
        this.#block();
        break;
      }
      const text = this.#ahead.takeHead();
      if (text === undefined) break;
      const head = text === 'too large' ? { refused: 431, text: '' } : parseHead(text, this.#memory);
      if (isRefusal(head)) this.#refuse(head);
      else this.#begin(head);
    }
    this.#isAdvancing = false;
    if (this.#isClosing || this.#coming) return;
    if (!this.#exchange && this.#socket.readableEnded) this.#finish();
    else this.#flow();
  }

  /** Whoever does not take the answers is not read from: they would pile up. */
  #block(): void {
    this.#isBlocked = true;
    this.#socket.once('drain', () => {
      this.#isBlocked = false;
      this.#advance();
    });
  }

  /** Continues reading unless data would pile up, or belongs to another protocol. */
  #flow(): void {
    const holds = this.#isBlocked || this.#exchange?.head.upgrades === true;
    const stops = this.#exchange ? holds || this.#ahead.length > mostAhead : holds;
    if (stops) this.#socket.pause();
    else if (this.#socket.isPaused()) this.#socket.resume();
  }

  #begin(head: RequestHead): void {
    const { handler, exchanges } = this.#context;
    const body = new IncomingBody(head.bodyLength, this);
    if (!body.isComplete) this.#feedWaiting(body);
    const take = head.upgrades ? () => this.#giveAway() : undefined;
    const request = new IncomingRequest(head, { peer: this.#peer, incoming: body, take });
    const exchange = { head, request, body, end: exchanges.begin(), isContinued: !head.awaitsContinue };
    this.#exchange = exchange;
    this.#isNew = false;
    if (head.target === '*') {
      this.#answer(exchange, head.method === 'OPTIONS' ? everythingFine : noSuchTarget);
      return;
    }
    handler(request).then(
      (reply) => this.#answer(exchange, reply),
      () => this.#socket.destroy(),
    );
  }

  /** Passes to the body what is already buffered. */
  #feedWaiting(body: IncomingBody): void {
    if (this.#ahead.length > 0) {
      const waiting = this.#ahead.takeRest();
      const used = body.feed(waiting);
      if (used < waiting.length && body.isComplete) this.#ahead.add(waiting.subarray(used));
    }
    if (!body.isComplete) this.#coming = body;
  }

  /** The reader of the current body waits for data. */
  wanted(): void {
    const exchange = this.#exchange;
    if (exchange && !exchange.isContinued) {
      exchange.isContinued = true;
      this.#socket.write('HTTP/1.1 100 Continue\r\n\r\n');
    }
    if (this.#socket.isPaused()) this.#socket.resume();
  }

  /** The reader of the current body is slower than the client. */
  enough(): void {
    this.#socket.pause();
  }

  #giveAway(): RawConnection {
    const socket = this.#socket;
    const exchange = this.#exchange;
    socket.off('data', this.#onData);
    socket.off('end', this.#onEnd);
    socket.off('close', this.#onClose);
    this.#isClosing = true;
    exchange?.end();
    socket.once('close', () => exchange?.request.abort(clientGone));
    socket.pause();
    return { socket, head: this.#ahead.takeRest() };
  }

  #answer(exchange: Exchange, reply: Reply): void {
    if (exchange !== this.#exchange || reply === taken || this.#isClosing) return;
    const { head } = exchange;
    const stays = reply.headers.connection !== 'close' && this.#staysAfter(exchange);
    const isHead = head.method === 'HEAD';
    const whole = typeof reply.body === 'function' ? undefined : (reply.body ?? nothing);
    const framing = whole
      ? { length: whole instanceof Uint8Array ? whole.length : lengthOf(whole) }
      : framingOf(reply, head);
    const keep = stays && framing !== 'until close';
    let own = dateLine(this.#context.clock.now());
    if (framing === 'chunked') own += 'transfer-encoding: chunked\r\n';
    else if (isHead && reply.headers['content-length'] !== undefined)
      own += `content-length: ${String(reply.headers['content-length'])}\r\n`;
    else if (typeof framing === 'object' && reply.status !== 204 && reply.status !== 304)
      own += `content-length: ${framing.length}\r\n`;
    if (!keep) own += 'connection: close\r\n';
    else if (head.minorVersion === 0) own += 'connection: keep-alive\r\n';
    const text = responseHead(reply, own);
    const done = (): void => this.#answered(exchange, keep);
    if (isHead || reply.status === 204 || reply.status === 304) {
      writeWhole(this.#socket, text, nothing, done);
      if (!whole) void silently(reply, exchange.request);
    } else if (whole) writeWhole(this.#socket, text, whole, done);
    else void this.#stream(exchange, reply, { framing, head: text, done });
  }

  /** Whether the next request can be read when this one is answered. */
  #staysAfter({ head, body, isContinued }: Exchange): boolean {
    return (
      head.keepsAlive &&
      !head.upgrades &&
      !this.#context.exchanges.ending &&
      !body.failure &&
      // Without 100 Continue the client may send its body or leave it out: it is unknown what comes next.
      (body.isComplete || (isContinued && body.left <= mostDropped))
    );
  }

  async #stream(
    { request }: Exchange,
    reply: Reply,
    { framing, head, done }: { framing: BodyFraming; head: string; done: () => void },
  ): Promise<void> {
    const over = this.#context.exchanges.streaming(() => request.abort(serverStops));
    const writer = new BodyWriter(this.#socket, { framing, head, signal: request.signal });
    try {
      await (reply.body as (sink: BodyWriter) => Promise<void>)(writer);
      writer.end();
      done();
    } catch {
      // The only way to signal a failure once the head is sent.
      this.#socket.destroy();
    }
    over();
  }

  #answered(exchange: Exchange, keep: boolean): void {
    exchange.end();
    if (this.#exchange !== exchange) return;
    this.#exchange = undefined;
    if (!exchange.body.isComplete) exchange.body.drop();
    this.#since = this.#context.rounds.count;
    if (!keep || this.#context.exchanges.ending) this.#finish();
    else if (!this.#coming) this.#advance();
    else if (this.#socket.isPaused()) this.#socket.resume();
  }

  #refuse(why: Refusal): void {
    this.#socket.write(refusal(why), 'latin1');
    this.#finish();
  }

  /** Closes when everything is written, and accepts incoming data for a moment. */
  #finish(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    const socket = this.#socket;
    socket.end(() => {
      if (socket.destroyed) return;
      if (socket.readableEnded) return void socket.destroy();
      const cancel = this.#context.clock.after(lingerMs, () => socket.destroy());
      socket.once('end', () => socket.destroy());
      socket.once('close', cancel);
    });
    if (socket.isPaused()) socket.resume();
  }
}

const nothing = new Uint8Array();
const everythingFine: Reply = { status: 200, headers: {}, body: undefined };
const noSuchTarget: Reply = { status: 400, headers: {}, body: undefined };

function framingOf({ headers }: Reply, head: RequestHead): BodyFraming {
  const length = headers['content-length'];
  if (typeof length === 'string' && /^[0-9]+$/.test(length)) return { length: Number(length) };
  return head.minorVersion === 0 ? 'until close' : 'chunked';
}

/** Runs the writer of a body that is not sent, as for HEAD. */
async function silently({ body }: Reply, request: IncomingRequest): Promise<void> {
  if (typeof body !== 'function') return;
  const writing = body({ write: () => true, drained: async () => {}, buffered: 0, signal: request.signal });
  request.abort(clientGone);
  await writing.catch(() => {});
}
