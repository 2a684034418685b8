import { type Random, systemClock } from '@typernetes/base';
import { type ApiRequest, type ApiResponse, readBody, type Transport } from '@typernetes/client';
import { StatusError, type StatusReason } from '@typernetes/machinery';

/** A reproducible random generator (mulberry32): the same seed repeats a failure. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return {
    next() {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = Math.imul(state ^ (state >>> 15), state | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
    },
  };
}

/** The probability of each fault for a request, from 0 to 1. */
export interface Mishaps {
  /** Answered with 500 without reaching the server. */
  readonly refused: number;
  /** A write answered with 409 without reaching the server. */
  readonly conflict: number;
  /** Performed by the server, but the connection breaks before the response arrives. */
  readonly lost: number;
  /** Delayed by up to 30 ms. */
  readonly slow: number;
  /** A watch breaks; drawn for every chunk. */
  readonly cut: number;
}

export const stormy: Mishaps = { refused: 0.05, conflict: 0.05, lost: 0.03, slow: 0.2, cut: 0.03 };

/** A transport with random faults, until `calm`. */
export class DisturbedTransport implements Transport {
  /** Pods that were created although the client saw a broken connection. */
  lostPods = 0;
  #mishaps: Mishaps;
  readonly #inner: Transport;
  readonly #random: Random;

  constructor(inner: Transport, options: { readonly random: Random; readonly mishaps?: Mishaps }) {
    this.#inner = inner;
    this.#random = options.random;
    this.#mishaps = options.mishaps ?? stormy;
  }

  calm(): void {
    this.#mishaps = { refused: 0, conflict: 0, lost: 0, slow: 0, cut: 0 };
  }

  async request(request: ApiRequest): Promise<ApiResponse> {
    if (this.#happens('slow')) await systemClock.sleep(this.#random.next() * 30, request.signal);
    if (this.#happens('refused')) return failure('InternalError', 500);
    if (request.method === 'PUT' && this.#happens('conflict')) return failure('Conflict', 409);
    const lost = this.#happens('lost');
    const response = await this.#inner.request(request);
    if (/[?&]watch=/.test(request.path)) return { ...response, body: this.#cutNowAndThen(response.body) };
    if (!lost) return response;
    await readBody(response);
    const isPodCreated = request.method === 'POST' && /\/pods(\?|$)/.test(request.path) && response.status === 201;
    if (isPodCreated) this.lostPods++;
    throw reset();
  }

  upgrade: Transport['upgrade'] = (request) => this.#inner.upgrade(request);

  close(): void {
    this.#inner.close();
  }

  #happens(mishap: keyof Mishaps): boolean {
    return this.#random.next() < this.#mishaps[mishap];
  }

  async *#cutNowAndThen(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      if (this.#happens('cut')) {
        // In the middle of a line, as real connections break.
        yield chunk.subarray(0, Math.floor(chunk.length / 2));
        throw reset();
      }
      yield chunk;
    }
  }
}

function reset(): Error {
  return Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
}

function failure(reason: StatusReason, status: number): ApiResponse {
  const error = new StatusError(reason, 'injected');
  const bytes = Buffer.from(JSON.stringify(error.toStatus()));
  const body = (async function* () {
    yield bytes;
  })();
  return { status, headers: { 'content-type': 'application/json' }, body };
}

/** A transport that stops responding at some moment, as when packets are dropped: requests hang until aborted. */
export class HangingTransport implements Transport {
  readonly #inner: Transport;
  #hangs = false;

  constructor(inner: Transport) {
    this.#inner = inner;
  }

  hang(): void {
    this.#hangs = true;
  }

  async request(request: ApiRequest): Promise<ApiResponse> {
    const response = this.#hangs ? undefined : await this.#inner.request(request);
    return this.#hangs || !response ? untilAborted(request.signal) : response;
  }

  upgrade: Transport['upgrade'] = (request) => this.#inner.upgrade(request);

  close(): void {
    this.#inner.close();
  }
}

function untilAborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    if (signal?.aborted) reject(signal.reason);
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
