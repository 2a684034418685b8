import { badRequest } from '@typernetes/machinery';
import { tooLarge } from '../http-request.ts';
import { ChunkedDecoder } from './chunked-decoder.ts';

/** Callbacks of a body to its connection. */
interface BodySource {
  /** A reader waits: continue reading, and send 100 Continue if the client expects it. */
  wanted(): void;
  /** More is buffered than needed for now: stop reading until `wanted`. */
  enough(): void;
}

/** The approximate maximum that is buffered for a reader: then the client has to wait. */
const mostWaiting = 256 * 1024;

/** The body of one request, as it arrives. It is read whole or as a stream, once, or not at all. */
export class IncomingBody {
  readonly #source: BodySource;
  readonly #decoder: ChunkedDecoder | undefined;
  #left: number;
  #chunks: Buffer[] = [];
  #waiting = 0;
  #isComplete: boolean;
  #failure: Error | undefined;
  #isDropped = false;
  #isRead = false;
  #changed: (() => void) | undefined;

  constructor(length: number | 'chunked', source: BodySource) {
    this.#source = source;
    this.#decoder = length === 'chunked' ? new ChunkedDecoder() : undefined;
    this.#left = length === 'chunked' ? 0 : length;
    this.#isComplete = length === 0;
  }

  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** The remaining length; Infinity if only the end will tell. */
  get left(): number {
    if (this.#isComplete) return 0;
    return this.#decoder ? Number.POSITIVE_INFINITY : this.#left;
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Takes bytes of the connection and returns how many were the body's. */
  feed(bytes: Buffer): number {
    if (this.#isComplete || this.#failure) return 0;
    let taken: number;
    if (this.#decoder) {
      taken = this.#decoder.feed(bytes, this.#keep);
      if (this.#decoder.problem !== undefined) this.fail(badRequest(this.#decoder.problem));
      this.#isComplete = this.#decoder.isDone;
    } else {
      taken = Math.min(this.#left, bytes.length);
      this.#keep(taken === bytes.length ? bytes : bytes.subarray(0, taken));
      this.#left -= taken;
      this.#isComplete = this.#left === 0;
    }
    this.#changed?.();
    if (!this.#isComplete && this.#waiting > mostWaiting && !this.#isRead) this.#source.enough();
    return taken;
  }

  /** The rest will not come, or is invalid. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.#changed?.();
  }

  /** Nobody will read any more: discard what comes. */
  drop(): void {
    this.#isDropped = true;
    this.#chunks = [];
    this.#waiting = 0;
    this.#changed?.();
  }

  /** The whole body; rejects with RequestEntityTooLarge as soon as it exceeds `limit`. */
  whole(limit: number): Promise<Uint8Array> {
    this.#isRead = true;
    if (this.#waiting + this.#left > limit) return Promise.reject(this.#refuse(limit));
    if (this.#isDropped) return Promise.reject(dropped());
    if (this.#isComplete) return Promise.resolve(this.#joined());
    if (this.#failure) return Promise.reject(this.#failure);
    this.#source.wanted();
    return new Promise((resolve, reject) => {
      this.#changed = () => {
        if (this.#waiting > limit) {
          this.#changed = undefined;
          reject(this.#refuse(limit));
        } else if (this.#isDropped) reject(dropped());
        else if (this.#isComplete) resolve(this.#joined());
        else if (this.#failure) reject(this.#failure);
        else return;
        this.#changed = undefined;
      };
    });
  }

  /** As it arrives. Ending early discards the rest. */
  async *stream(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const chunk = this.#chunks.shift();
        if (chunk) {
          this.#waiting -= chunk.length;
          yield chunk;
        } else if (this.#isDropped) throw dropped();
        else if (this.#isComplete) return;
        else if (this.#failure) throw this.#failure;
        else {
          this.#source.wanted();
          await new Promise<void>((resolve) => {
            this.#changed = resolve;
          });
        }
      }
    } finally {
      this.#changed = undefined;
      this.drop();
    }
  }

  readonly #keep = (data: Buffer): void => {
    if (this.#isDropped || data.length === 0) return;
    this.#chunks.push(data);
    this.#waiting += data.length;
  };

  #joined(): Uint8Array {
    const [first] = this.#chunks;
    return first && this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks);
  }

  #refuse(limit: number): Error {
    this.drop();
    return tooLarge(limit);
  }
}

const dropped = (): Error => new Error('The request was answered before its body was read');
