/** As Go's servers: a megabyte of headers, and 4 KiB because they read ahead. */
export const mostHeadBytes = 1024 * 1024 + 4096;

const headEnd = Buffer.from('\r\n\r\n');

/** Bytes of a connection until the head of a request is among them as a whole. Costs are linear however small the pieces are. */
export class HeadBuffer {
  #bytes: Buffer = Buffer.alloc(0);
  #length = 0;
  /** How far a search for the head's end has come. */
  #searched = 0;

  /** Bytes that wait. */
  get length(): number {
    return this.#length;
  }

  add(chunk: Buffer): void {
    if (this.#length === 0) {
      this.#bytes = chunk;
      this.#length = chunk.length;
      this.#searched = 0;
      return;
    }
    const needed = this.#length + chunk.length;
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#length));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    chunk.copy(this.#bytes, this.#length);
    this.#length = needed;
  }

  /**
   * The head's text without the final empty line, bytes as characters; undefined while it is incomplete, `too large`
   * over the limit.
   */
  takeHead(): string | 'too large' | undefined {
    this.#skipEmptyLines();
    const end = this.#bytes.indexOf(headEnd, Math.max(0, this.#searched - 3));
    if (end < 0 || end + 4 > this.#length) {
      this.#searched = this.#length;
      return this.#length > mostHeadBytes ? 'too large' : undefined;
    }
    if (end > mostHeadBytes) return 'too large';
    const text = this.#bytes.toString('latin1', 0, end);
    this.#drop(end + 4);
    return text;
  }

  /** All buffered data: after a head was taken, the beginning of its body or further requests. */
  takeRest(): Buffer {
    const rest = this.#bytes.subarray(0, this.#length);
    this.#drop(this.#length);
    return rest;
  }

  /** Old clients sent an extra line break after bodies: RFC 9112, 2.2. */
  #skipEmptyLines(): void {
    let at = 0;
    while (at + 1 < this.#length && this.#bytes[at] === 0x0d && this.#bytes[at + 1] === 0x0a) at += 2;
    if (at > 0) this.#drop(at);
  }

  #drop(count: number): void {
    this.#length -= count;
    this.#bytes = this.#length === 0 ? none : this.#bytes.subarray(count);
    this.#searched = 0;
  }
}

const none = Buffer.alloc(0);
