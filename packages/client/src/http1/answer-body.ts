/** Callbacks of a body to its connection. */
interface BodySource {
  /** Stops and goes on reading from the connection. */
  pause(): void;
  resume(): void;
  /** Nobody will read the rest: the connection has to be closed. */
  abandon(): void;
}

interface Waiting {
  resolve(result: IteratorResult<Uint8Array>): void;
  reject(error: unknown): void;
}

/** How many unread bytes are buffered before reading from the connection pauses. */
const roomBytes = 1024 * 1024;

/** A body while it arrives; read once, by one reader. */
export class AnswerBody implements AsyncIterableIterator<Uint8Array> {
  readonly #source: BodySource;
  readonly #parts: Uint8Array[] = [];
  #bytes = 0;
  #paused = false;
  #outcome: { readonly error?: unknown } | undefined;
  #waiting: Waiting | undefined;

  constructor(source: BodySource) {
    this.#source = source;
  }

  push(part: Uint8Array): void {
    if (this.#waiting) {
      const { resolve } = this.#waiting;
      this.#waiting = undefined;
      resolve({ done: false, value: part });
      return;
    }
    this.#parts.push(part);
    this.#bytes += part.length;
    if (this.#bytes <= roomBytes || this.#paused) return;
    this.#paused = true;
    this.#source.pause();
  }

  end(): void {
    this.#outcome ??= {};
    this.#waiting?.resolve({ done: true, value: undefined });
    this.#waiting = undefined;
  }

  /** Data that has arrived is still read; then the reader gets the error. */
  fail(error: unknown): void {
    if (this.#outcome) return;
    this.#outcome = { error };
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }

  /** Like `fail`, but the reader gets the error at once. */
  cut(error: unknown): void {
    this.#parts.length = 0;
    this.#bytes = 0;
    this.fail(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    const part = this.#parts.shift();
    if (part) {
      this.#bytes -= part.length;
      if (this.#paused && this.#bytes <= roomBytes / 2) {
        this.#paused = false;
        this.#source.resume();
      }
      return Promise.resolve({ done: false, value: part });
    }
    if (this.#outcome) {
      if ('error' in this.#outcome) return Promise.reject(this.#outcome.error);
      return Promise.resolve({ done: true, value: undefined });
    }
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  return(): Promise<IteratorResult<Uint8Array>> {
    if (!this.#outcome) {
      this.#outcome = {};
      this.#source.abandon();
    }
    this.#parts.length = 0;
    return Promise.resolve({ done: true, value: undefined });
  }
}
