import type { Pieces, Reply } from './server-request.ts';

/** The size of one write: large enough to be cheap, small enough that others do not wait long for it. */
const blockBytes = 256 * 1024;
/** Smaller pieces are worth a copy to leave together. */
const smallBytes = 16 * 1024;
/** Larger buffers come from the system page by page; buffers of this size are soon reused. */
const writtenBytes = 64 * 1024;

export function lengthOf(pieces: Pieces): number {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  return length;
}

/** Groups the pieces into blocks for one write each: joins small ones, cuts large ones without copying. */
export function* blocksOf(
  pieces: Pieces,
  { small, block } = { small: smallBytes, block: blockBytes },
): Generator<Uint8Array> {
  let pending: Uint8Array[] = [];
  let bytes = 0;
  for (const piece of pieces) {
    if (piece.length < small) {
      pending.push(piece);
      bytes += piece.length;
      if (bytes < block) continue;
    }
    if (bytes > 0) yield joined(pending);
    pending = [];
    bytes = 0;
    if (piece.length >= small) for (let at = 0; at < piece.length; at += block) yield piece.subarray(at, at + block);
  }
  if (bytes > 0) yield joined(pending);
}

/** The body in one piece, for those who need it whole; undefined when it is a stream or there is none. */
export function wholeBody({ body }: Pick<Reply, 'body'>): Uint8Array | undefined {
  if (body === undefined || body instanceof Uint8Array) return body;
  return typeof body === 'function' ? undefined : joined(body);
}

function joined(pieces: Pieces): Uint8Array {
  const [first] = pieces;
  return first && pieces.length === 1 ? first : Buffer.concat(pieces);
}

const firstBytes = 4096;

/** Collects text and bytes into a few large buffers instead of thousands of small ones. */
export class PieceWriter {
  readonly #pieces: Uint8Array[] = [];
  #block: Buffer = Buffer.allocUnsafe(firstBytes);
  #used = 0;

  text(text: string): void {
    // The most that UTF-8 takes for a character of a string.
    if (this.#used + text.length * 3 > this.#block.length) {
      this.bytes(Buffer.from(text));
      return;
    }
    this.#used += this.#block.write(text, this.#used);
  }

  bytes(bytes: Uint8Array): void {
    if (this.#used + bytes.length > this.#block.length) this.#next(bytes.length);
    this.#block.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  /** All that was written; nothing may be written any more. */
  end(): Pieces {
    this.#pieces.push(this.#block.subarray(0, this.#used));
    return this.#pieces;
  }

  #next(needed: number): void {
    if (this.#used > 0) this.#pieces.push(this.#block.subarray(0, this.#used));
    this.#block = Buffer.allocUnsafeSlow(Math.max(writtenBytes, needed));
    this.#used = 0;
  }
}
