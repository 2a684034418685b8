import type { Clock } from '@typernetes/base';

/** A pod's volumes are not all there; they are tried again. */
export class VolumeError extends Error {
  override readonly name = 'VolumeError';
  /** Milliseconds until the next retry; infinite while operations of unknown duration are in progress. */
  readonly retryMs: number;

  constructor(message: string, retryMs: number) {
    super(message);
    this.retryMs = retryMs;
  }
}

/** The delays of upstream's operation executor: 500 ms, doubled each time up to 2 min 2 s (exponentialbackoff). */
const firstMs = 500;
const mostMs = 122_000;

interface Entry {
  readonly why: string;
  readonly delayMs: number;
  readonly at: number;
}

/** When volumes that could not be set up are tried again: each by itself, ever less often. */
export class VolumeRetries {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #entries = new Map<string, Map<string, Entry>>();

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** Milliseconds until the volume of the pod is to be tried; 0 for now. */
  remaining(uid: string, name: string): number {
    const entry = this.#entries.get(uid)?.get(name);
    return entry ? Math.max(entry.at + entry.delayMs - this.#clock.monotonic(), 0) : 0;
  }

  /** Why it could not be set up the last time. */
  why(uid: string, name: string): string {
    return this.#entries.get(uid)?.get(name)?.why ?? '';
  }

  /** Notes a failure; returns after how many milliseconds the next try is due. */
  failed(uid: string, name: string, why: string): number {
    const own = this.#entries.get(uid) ?? new Map<string, Entry>();
    const before = own.get(name);
    const delayMs = before ? Math.min(before.delayMs * 2, mostMs) : firstMs;
    this.#entries.set(uid, own.set(name, { why, delayMs, at: this.#clock.monotonic() }));
    return delayMs;
  }

  /** It has been mounted. */
  forget(uid: string, name: string): void {
    this.#entries.get(uid)?.delete(name);
  }

  forgetPod(uid: string): void {
    this.#entries.delete(uid);
  }
}
