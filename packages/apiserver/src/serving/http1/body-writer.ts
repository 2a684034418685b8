import type { Writable } from 'node:stream';
import type { Sink } from '../../request/server-request.ts';

/** How a streamed body ends: in chunks, by an announced length, or with the connection. */
export type BodyFraming = 'chunked' | 'until close' | { readonly length: number };

/** A framed chunk of a body. Watchers of the same events get the same bytes in succession, so they are framed once. */
let latest: { readonly chunk: Uint8Array; readonly frame: Buffer } | undefined;

function frameOf(chunk: Uint8Array): Buffer {
  if (latest?.chunk === chunk) return latest.frame;
  const size = `${chunk.length.toString(16)}\r\n`;
  const frame = Buffer.allocUnsafe(size.length + chunk.length + 2);
  frame.write(size, 0, 'latin1');
  frame.set(chunk, size.length);
  frame.write('\r\n', size.length + chunk.length, 'latin1');
  if (chunk.length <= largestShared) latest = { chunk, frame };
  return frame;
}

/** Larger ones would occupy memory for nothing. */
const largestShared = 64 * 1024;
const lastChunk = Buffer.from('0\r\n\r\n');

/** The destination of a streamed body. Everything written in one turn of the event loop is sent in one write. */
export class BodyWriter implements Sink {
  readonly signal: AbortSignal;
  readonly #socket: Writable;
  readonly #framing: BodyFraming;
  #pending: Uint8Array[];
  #pendingBytes = 0;
  #isScheduled = false;
  #left: number;

  /** `head` leaves together with the first bytes, or alone at the end of this turn. */
  constructor(
    socket: Writable,
    { framing, head, signal }: { framing: BodyFraming; head: string; signal: AbortSignal },
  ) {
    this.#socket = socket;
    this.#framing = framing;
    this.#left = typeof framing === 'object' ? framing.length : Number.POSITIVE_INFINITY;
    this.signal = signal;
    const bytes = Buffer.from(head, 'latin1');
    this.#pending = [bytes];
    this.#pendingBytes = bytes.length;
    this.#schedule();
  }

  write(chunk: Uint8Array): boolean {
    if (chunk.length === 0 || this.signal.aborted) return true;
    this.#left -= chunk.length;
    if (this.#left < 0) throw new Error('Cannot answer: the body is longer than was announced');
    const bytes = this.#framing === 'chunked' ? frameOf(chunk) : chunk;
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes >= this.#socket.writableHighWaterMark) this.#flush();
    else this.#schedule();
    return !this.#socket.writableNeedDrain;
  }

  get buffered(): number {
    return this.#pendingBytes + this.#socket.writableLength;
  }

  drained(): Promise<void> {
    return new Promise((resolve) => {
      const { signal } = this;
      if (!this.#socket.writableNeedDrain || signal.aborted) return resolve();
      const done = (): void => {
        this.#socket.off('drain', done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#socket.once('drain', done);
      signal.addEventListener('abort', done, { once: true });
    });
  }

  /** Everything was written. Throws when that is less than was announced. */
  end(): void {
    if (this.#left > 0 && typeof this.#framing === 'object')
      throw new Error('Cannot answer: the body is shorter than was announced');
    if (this.#framing === 'chunked') this.#pending.push(lastChunk);
    this.#flush();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      if (this.#isScheduled) this.#flush();
    });
  }

  #flush(): void {
    this.#isScheduled = false;
    const pending = this.#pending;
    if (pending.length === 0) return;
    this.#pending = [];
    this.#pendingBytes = 0;
    if (this.#socket.destroyed) return;
    this.#socket.write(pending.length === 1 ? (pending[0] as Uint8Array) : Buffer.concat(pending));
  }
}
