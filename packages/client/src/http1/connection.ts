import type { Socket } from 'node:net';
import type { Clock } from '@typernetes/base';
import type { ApiRequest, ApiResponse } from '../transport.ts';
import { abortError, onAbort } from './abort-watch.ts';
import { AnswerBody } from './answer-body.ts';
import type { AnswerHead } from './answer-head.ts';
import { AnswerParser } from './answer-parser.ts';

/** A reused connection failed before any byte of the response: perhaps the server had closed it meanwhile. */
export class StaleConnectionError extends Error {
  override readonly name = 'StaleConnectionError';
}

/** What a connection reports to its pool. */
interface ConnectionEvents {
  /** An answer has been received whole: the next request may be sent. */
  idle(connection: Http1Connection): void;
  closed(connection: Http1Connection): void;
  /** It was given up because nothing came: the server may have vanished, so its other connections may be dead, too. */
  silent(): void;
}

interface ConnectionLimits {
  readonly clock: Pick<Clock, 'monotonic' | 'after'>;
  /** The timeout of a response's head in milliseconds; 0: none. */
  readonly answerTimeoutMs: number;
}

/** If a caller aborts a request after this long without a byte, the connection is suspect. */
const silenceMs = 5000;

interface Exchange {
  readonly resolve: (response: ApiResponse) => void;
  readonly reject: (error: Error) => void;
  readonly forget: (() => void) | undefined;
  /** Calls off the limit for the head. */
  readonly cancelLimit: (() => void) | undefined;
  readonly sentAt: number;
  /** Set once the head has arrived. */
  body: AnswerBody | undefined;
}

/** One connection: handles one request at a time. */
export class Http1Connection {
  /** How long the server keeps the connection when it is idle, if it has said so. */
  keptMs: number | undefined;
  readonly #socket: Socket;
  readonly #events: ConnectionEvents;
  readonly #limits: ConnectionLimits;
  readonly #parser: AnswerParser;
  #exchange: Exchange | undefined;
  #served = 0;
  #heard = false;
  #closed = false;

  constructor(socket: Socket, events: ConnectionEvents, limits: ConnectionLimits) {
    this.#socket = socket;
    this.#events = events;
    this.#limits = limits;
    this.#parser = new AnswerParser({
      head: (head) => this.#begin(head),
      body: (part) => this.#exchange?.body?.push(part),
      end: (reusable) => this.#finish(reusable),
    });
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('end', () => {
      this.#parser.close();
      this.#ended(lost());
    });
    socket.on('error', (error) => this.#ended(error));
    socket.on('close', () => this.#ended(lost()));
  }

  get usable(): boolean {
    return !this.#closed && this.#socket.writable;
  }

  /** Whether the process waits for this connection before it ends. */
  hold(held: boolean): void {
    if (held) this.#socket.ref();
    else this.#socket.unref();
  }

  /** Sends the request, whose head is `head`. The promise settles with the head of the response. */
  exchange({ method, body, signal }: ApiRequest, head: string): Promise<ApiResponse> {
    return new Promise((resolve, reject) => {
      const { clock, answerTimeoutMs } = this.#limits;
      const sentAt = clock.monotonic();
      const forget = signal && onAbort(signal, (aborted) => this.#cut(abortError(aborted)));
      const cancelLimit = answerTimeoutMs > 0 ? clock.after(answerTimeoutMs, () => this.#cut(tooLate())) : undefined;
      this.#exchange = { resolve, reject, forget, cancelLimit, sentAt, body: undefined };
      this.#heard = false;
      this.#parser.expect(method);
      this.#send(head, body);
    });
  }

  destroy(): void {
    this.#ended(lost());
  }

  #send(head: string, body: string | Uint8Array | undefined): void {
    const socket = this.#socket;
    // Mostly one string, which is sent in one piece.
    if (typeof body === 'string' && isAscii(head)) socket.write(head + body, 'utf8');
    else if (body === undefined) socket.write(head, 'latin1');
    else {
      socket.cork();
      socket.write(head, 'latin1');
      socket.write(body);
      socket.uncork();
    }
  }

  #receive(chunk: Buffer): void {
    this.#heard = true;
    try {
      this.#parser.push(chunk);
    } catch (error) {
      this.#ended(error as Error);
    }
  }

  #begin(head: AnswerHead): void {
    const exchange = this.#exchange;
    if (!exchange) return;
    exchange.cancelLimit?.();
    const kept = head.headers['keep-alive'];
    if (kept !== undefined) this.keptMs = keptMsOf(kept);
    exchange.body = new AnswerBody({
      pause: () => void this.#socket.pause(),
      resume: () => void this.#socket.resume(),
      abandon: () => this.destroy(),
    });
    exchange.resolve({ status: head.status, headers: head.headers, body: exchange.body });
  }

  #finish(reusable: boolean): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.#served++;
    exchange?.forget?.();
    // The unsent rest of the request would be taken for the next one.
    if (reusable && this.#socket.writableLength === 0 && !this.#closed) this.#events.idle(this);
    else this.#ended(lost());
    exchange?.body?.end();
  }

  #cut(error: Error): void {
    const exchange = this.#exchange;
    exchange?.body?.cut(error);
    const isSilent = exchange && !this.#heard && this.#limits.clock.monotonic() - exchange.sentAt >= silenceMs;
    this.#ended(error);
    if (isSilent) this.#events.silent();
  }

  /** The connection is over, for `error` unless the answer ends with it. */
  #ended(error: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.#socket.resume();
    this.#socket.destroy();
    this.#events.closed(this);
    if (!exchange) return;
    exchange.forget?.();
    exchange.cancelLimit?.();
    if (exchange.body) exchange.body.fail(error);
    else if (this.#served > 0 && !this.#heard) exchange.reject(stale(error));
    else exchange.reject(error);
  }
}

function lost(): Error {
  return Object.assign(new Error('EOF'), { code: 'ECONNRESET' });
}

function tooLate(): Error {
  return Object.assign(new Error('net/http: timeout awaiting response headers'), { code: 'ETIMEDOUT' });
}

function stale(cause: Error): Error {
  return new StaleConnectionError('Cannot use connection', { cause });
}

/** The idle timeout in a Keep-Alive header (`timeout=5`), minus a second for data in flight. */
function keptMsOf(header: string): number | undefined {
  const [, seconds] = /(?:^|[,\s])timeout=(\d{1,9})(?:$|[,\s])/.exec(header) ?? [];
  return seconds === undefined ? undefined : Math.max(0, Number(seconds) * 1000 - 1000);
}

function isAscii(text: string): boolean {
  return Buffer.byteLength(text) === text.length;
}
