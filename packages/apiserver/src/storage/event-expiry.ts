import type { Clock, Logger, Runnable } from '@typernetes/base';
import { isAbort } from '@typernetes/base';
import type { ApiObject } from '@typernetes/machinery';
import type { CachedObject } from '../cache/cached-object.ts';
import type { ResourceStorage } from './resource-storage.ts';

/** How many are removed at once; concurrent writes share a transaction of the store. */
const batchSize = 500;

/** When the store stood at a revision. */
interface Mark {
  readonly revision: number;
  readonly at: number;
}

/** The interval of sweeps: an expired event stays for a sixtieth of its time to live at most, or a minute. */
const sweepIntervalMs = (ttlMs: number): number => Math.min(Math.max(ttlMs / 60, 1_000), 60_000);

/**
 * Removes events that nobody has written for their time to live, in whichever store (upstream: etcd leases). Writing an
 * event costs nothing extra: it suffices to note when the store was at which revision. Only events found at start-up
 * are judged by their own timestamps. Servers that share a store may all do this.
 */
export class EventExpiry implements Runnable {
  readonly name = 'event expiry';
  readonly #storage: Pick<ResourceStorage, 'cache' | 'root' | 'form' | 'deps'>;
  readonly #ttlMs: number;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #marks: Mark[] = [];
  readonly #startedAt: Mark;

  constructor(
    storage: Pick<ResourceStorage, 'cache' | 'root' | 'form' | 'deps'>,
    { ttlMs, clock, log }: { ttlMs: number; clock: Clock; log: Logger },
  ) {
    this.#storage = storage;
    this.#ttlMs = ttlMs;
    this.#clock = clock;
    this.#log = log;
    this.#startedAt = this.#mark();
  }

  async run(signal: AbortSignal): Promise<void> {
    if (this.#ttlMs <= 0) return;
    for (;;) {
      try {
        await this.sweep(signal);
      } catch (error) {
        if (isAbort(error, signal)) throw error;
        this.#log.error('Cannot remove expired events', error);
      }
      this.#marks.push(this.#mark());
      await this.#clock.sleep(sweepIntervalMs(this.#ttlMs), signal);
    }
  }

  /** Removes what has expired by now. */
  async sweep(signal: AbortSignal): Promise<void> {
    const { cache, root, deps } = this.#storage;
    const horizon = this.#clock.monotonic() - this.#ttlMs;
    while ((this.#marks[1]?.at ?? Number.POSITIVE_INFINITY) <= horizon) this.#marks.shift();
    const [oldest] = this.#marks;
    const expiredUpTo = oldest && oldest.at <= horizon ? oldest.revision : 0;
    const expired: { key: string; revision: number }[] = [];
    for (const [key, cached] of cache.range()) {
      const { revision } = cached;
      if (revision <= expiredUpTo || (revision <= this.#startedAt.revision && this.#isOld(cached)))
        expired.push({ key: `${root}${key}`, revision });
    }
    for (let at = 0; at < expired.length && !signal.aborted; at += batchSize)
      // Somebody else wrote or removed it first.
      await Promise.all(
        expired
          .slice(at, at + batchSize)
          .map(({ key, revision }) => deps.store.commit({ key, value: undefined, expectedRevision: revision })),
      );
  }

  #isOld(cached: CachedObject): boolean {
    return lastWritten(this.#storage.form.of(cached).object) <= this.#clock.now() - this.#ttlMs;
  }

  #mark(): Mark {
    return { revision: this.#storage.deps.feed.revision, at: this.#clock.monotonic() };
  }
}

/** By the event's own timestamps; an event without any is kept for its full time by this server's clock. */
function lastWritten(event: ApiObject): number {
  const { lastTimestamp, series, metadata } = event as ApiObject & {
    lastTimestamp?: string;
    series?: { lastObservedTime?: string };
  };
  const times = [metadata.creationTimestamp, lastTimestamp, series?.lastObservedTime].map((text) =>
    text ? Date.parse(text) : Number.NaN,
  );
  const known = times.filter((time) => !Number.isNaN(time));
  return known.length > 0 ? Math.max(...known) : Number.POSITIVE_INFINITY;
}
