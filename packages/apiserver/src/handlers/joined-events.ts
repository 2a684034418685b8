import type { Sink } from '../request/server-request.ts';

/** Joins are as large as what a connection takes at once without keeping much of it. */
const joinedBytes = 128 * 1024;

/**
 * Writes the many events that a watch begins with in few pieces: each write to a connection has its price, which is
 * more than that of an event. Sinks whose writes are messages get each event by itself.
 */
export class JoinedEvents {
  readonly #sink: Sink;
  readonly #limit: number;
  #parts: Uint8Array[] = [];
  #bytes = 0;

  constructor(sink: Sink) {
    this.#sink = sink;
    this.#limit = sink.isOfMessages ? 0 : joinedBytes;
  }

  /** One event, in its pieces. */
  add(...pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) {
      this.#parts.push(piece);
      this.#bytes += piece.length;
    }
    if (this.#bytes >= this.#limit) this.flush();
  }

  flush(): void {
    const parts = this.#parts;
    if (parts.length === 0) return;
    [this.#parts, this.#bytes] = [[], 0];
    this.#sink.write(parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts));
  }
}
