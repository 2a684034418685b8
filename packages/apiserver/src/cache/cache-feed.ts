import type { Clock, Logger } from '@typernetes/base';
import { isAbort } from '@typernetes/base';
import { CompactedError, type Store, type StoredObject, type StoreEvent, type WatchBatch } from '@typernetes/store';
import type { Encoding } from './cached-object.ts';
import { ResourceCache } from './resource-cache.ts';
import { tooLarge } from './revision-errors.ts';

/** Upstream's default of `--etcd-prefix`. */
const defaultPrefix = '/registry';

/** The prefix of all keys, with a slash at both ends. */
export const rootOf = (prefix: string = defaultPrefix): string => `/${prefix.replace(/^\/+|\/+$/g, '')}/`;

/** The pause before everything is read again after a failure. */
const reloadPauseMs = 500;
/** The pause before unreadable values are tried again. */
const readAgainMs = 10_000;

interface CacheFeedOptions {
  /** The prefix of all keys; default `/registry`. */
  readonly prefix?: string | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A request that waits until the caches have reached `revision`. */
interface Waiter {
  readonly revision: number;
  /** Waits until everything has been read again, whatever revision the caches are at. */
  forAnew: boolean;
  resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Fills the caches of all resources from one watch of the store, so that all caches are at the same revision and one comparison tells
 * whether everything up to revision N has arrived.
 */
export class CacheFeed {
  /** The prefix of all keys, with a slash at both ends. */
  readonly root: string;
  readonly #clock: Clock;
  readonly #log: Logger;
  #store: Store;
  #caches = new Map<string, ResourceCache>();
  #revision = 0;
  #forgotten = 0;
  readonly #users = new Map<ResourceCache, number>();
  #hasUnreadable = false;
  /** Resolves when an unreadable value is found. */
  #noted = Promise.withResolvers<void>();
  /** Objects of resources that have no cache yet, by key. */
  #unclaimed = new Map<string, StoredObject>();
  #waiting: Waiter[] = [];
  /** How long a request may wait for a revision, in milliseconds; undefined: without limit. */
  #mostMs: number | undefined;
  #cancelHurry = (): void => {};
  #listeners = new Set<() => void>();
  /** Ends the watch of the store, so that everything is read again. */
  #interrupt = new AbortController();

  constructor(store: Store, { prefix, clock, log }: CacheFeedOptions) {
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
    this.root = rootOf(prefix);
  }

  /** The store revision that all caches are at. */
  get revision(): number {
    return this.#revision;
  }

  /** The revision up to which the store has been compacted. */
  get forgotten(): number {
    return this.#forgotten;
  }

  /** Compacts the store: its history before `revision` is dropped. */
  async forget(revision: number): Promise<void> {
    await this.#store.compact(revision);
    this.#forgotten = Math.max(this.#forgotten, revision);
    for (const cache of this.#caches.values()) cache.forget(revision);
  }

  /** Reads everything once. To be called before `follow` and before the first request. */
  async load(): Promise<void> {
    const { revision, objects } = await this.#store.list(this.root, { markUnreadable: true });
    for (const object of objects) {
      this.#unclaimed.set(object.key, object);
      if (object.unreadable) this.#note(object.unreadable, object.key);
    }
    this.#revision = revision;
  }

  /** The cache of a registry path, made on first use. To be released when it is no longer used. */
  cacheOf(prefix: string, encoding: Encoding): ResourceCache {
    let cache = this.#caches.get(prefix);
    if (!cache) {
      cache = new ResourceCache(prefix, encoding, this.#revision);
      this.#caches.set(prefix, cache);
      this.#claim(cache);
    } else if (encoding.others) cache.adopt(encoding);
    this.#users.set(cache, (this.#users.get(cache) ?? 0) + 1);
    return cache;
  }

  /** Drops the cache if this was its last user and it is empty: custom resources come and go. */
  release(cache: ResourceCache): void {
    const left = (this.#users.get(cache) ?? 0) - 1;
    this.#users.set(cache, left);
    if (left > 0 || cache.size > 0 || cache.unreadable.size > 0) return;
    this.#users.delete(cache);
    if (this.#caches.get(cache.prefix) !== cache) return;
    this.#caches.delete(cache.prefix);
    cache.retire();
  }

  /**
   * Follows the store until `signal` aborts. If the store has compacted the next changes because it was unreachable for
   * a long time, everything is read again: watches end, and their clients list again.
   */
  async follow(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#followStore(signal), this.#readAgain(signal)]);
    this.#cancelHurry();
  }

  #note(error: Error, key: string): void {
    this.#hasUnreadable = true;
    this.#noted.resolve();
    this.#log.error('Cannot read a value of the store: requests for it will fail', error, { key });
  }

  /** Tries unreadable values again and again: a missing encryption key may still be configured. */
  async #readAgain(signal: AbortSignal): Promise<void> {
    const stopped = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    while (!signal.aborted) {
      if (!this.#hasUnreadable) {
        this.#noted = Promise.withResolvers();
        await Promise.race([this.#noted.promise, stopped]);
        continue;
      }
      try {
        await this.#clock.sleep(readAgainMs, signal);
      } catch {
        return; // aborted
      }
      this.#hasUnreadable = false;
      for (const cache of this.#caches.values()) {
        for (const key of cache.unreadable) {
          try {
            const object = await this.#store.get(`${this.root}${cache.prefix}/${key}`);
            // Newer writes arrive through the watch.
            if (object && object.modRevision <= this.#revision && cache.unreadable.has(key)) cache.load(key, object);
          } catch {
            this.#hasUnreadable = true; // it is in the log already
          }
        }
      }
    }
  }

  async #followStore(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        this.#interrupt = new AbortController();
        const scope = AbortSignal.any([signal, this.#interrupt.signal]);
        for await (const batch of this.#store.watch(this.root, this.#revision, scope)) this.#apply(batch);
        if (signal.aborted) return;
        this.#log.warn('The store has older data than before: reading everything anew');
        await this.#reload(signal);
      } catch (error) {
        if (!(error instanceof CompactedError)) throw error;
        this.#log.error('Cannot follow the store: reading everything anew', error);
        await this.#reload(signal);
      }
    }
  }

  async #reload(signal: AbortSignal): Promise<void> {
    for (;;) {
      try {
        const { revision, objects } = await this.#store.list(this.root, { markUnreadable: true });
        const contents = new Map<ResourceCache, Map<string, StoredObject>>();
        for (const cache of this.#caches.values()) contents.set(cache, new Map());
        this.#unclaimed.clear();
        for (const object of objects) {
          if (object.unreadable) this.#note(object.unreadable, object.key);
          const place = this.#placeOf(object.key);
          if (place) contents.get(place.cache)?.set(place.key, object);
          else this.#unclaimed.set(object.key, object);
        }
        this.#revision = revision;
        for (const [cache, content] of contents) cache.replace(content, revision);
        for (const waiter of this.#waiting) waiter.forAnew = false;
        this.#announce();
        return;
      } catch (error) {
        if (signal.aborted) return;
        this.#log.error('Cannot read the store', error);
        await this.#clock.sleep(reloadPauseMs, signal);
      }
    }
  }

  /**
   * Resolves once everything that was committed before this call is in the caches. Returns undefined when it is there
   * already, which is nearly always so when no other server writes: then a read need not wait for a turn of the event
   * loop.
   *
   * A store whose revision is lower than before was restored from older data: then this resolves once the caches have
   * been reloaded. The watch would notice by itself, but only after reconnecting to the store.
   */
  untilCurrent(): Promise<void> | undefined {
    const shown = this.#revision;
    const wanted = this.#store.currentRevision();
    if (wanted instanceof Promise)
      return wanted.then((revision) =>
        revision < shown && shown <= this.#revision ? this.#untilReadAnew(revision) : this.untilRevision(revision),
      );
    return this.#revision >= wanted ? undefined : this.untilRevision(wanted);
  }

  #untilReadAnew(revision: number): Promise<void> {
    this.#interrupt.abort();
    return this.#wait(revision, true);
  }

  untilRevision(revision: number): Promise<void> {
    return this.#revision >= revision ? Promise.resolve() : this.#wait(revision, false);
  }

  #wait(revision: number, forAnew: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { revision, forAnew, resolve, reject };
      this.#waiting.push(waiter);
      if (this.#mostMs === undefined) return;
      const cancel = this.#clock.after(this.#mostMs, () => this.#giveUp(new Set([waiter])));
      waiter.resolve = () => {
        cancel();
        resolve();
      };
    });
  }

  /**
   * Call it when the server is shutting down: from now on no request waits longer than `mostMs` for a revision,
   * including those that wait already. Then they fail with Timeout: the storage may be unreachable.
   */
  hurry(mostMs: number): void {
    this.#mostMs = mostMs;
    const late = new Set(this.#waiting);
    if (late.size > 0) this.#cancelHurry = this.#clock.after(mostMs, () => this.#giveUp(late));
  }

  #giveUp(late: ReadonlySet<Waiter>): void {
    const left = this.#waiting.filter((waiter) => late.has(waiter));
    this.#waiting = this.#waiting.filter((waiter) => !late.has(waiter));
    for (const { revision, reject } of left) reject(tooLarge(revision, this.#revision));
  }

  /** Calls `listener` after each batch, once all caches have it. Returns a function that removes it. */
  onProgress(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #apply({ revision, events }: WatchBatch): void {
    const changes = new Map<ResourceCache, { key: string; event: StoreEvent }[]>();
    for (const event of events) {
      const place = this.#placeOf(event.key);
      if (!place) {
        if (event.object) this.#unclaimed.set(event.key, event.object);
        else this.#unclaimed.delete(event.key);
        continue;
      }
      const list = changes.get(place.cache);
      if (list) list.push({ key: place.key, event });
      else changes.set(place.cache, [{ key: place.key, event }]);
    }
    this.#revision = revision;
    for (const [cache, list] of changes) cache.apply(list);
    this.#announce();
  }

  #announce(): void {
    for (const listener of this.#listeners) listener();
    if (this.#waiting.length > 0) {
      const isDue = ({ revision, forAnew }: Waiter): boolean => !forAnew && revision <= this.#revision;
      const due = this.#waiting.filter(isDue);
      this.#waiting = this.#waiting.filter((waiter) => !isDue(waiter));
      for (const { resolve } of due) resolve();
    }
  }

  #claim(cache: ResourceCache): void {
    const root = `${this.root}${cache.prefix}/`;
    for (const [key, object] of this.#unclaimed) {
      if (!key.startsWith(root)) continue;
      cache.load(key.slice(root.length), object);
      this.#unclaimed.delete(key);
    }
  }

  /** Splits a store key into its cache and the key within: the registry path is what precedes the name, or namespace and name. */
  #placeOf(key: string): { cache: ResourceCache; key: string } | undefined {
    const path = key.slice(this.root.length);
    let end = path.lastIndexOf('/');
    for (let parts = 0; parts < 2 && end > 0; parts++) {
      const cache = this.#caches.get(path.slice(0, end));
      if (cache) return { cache, key: path.slice(end + 1) };
      end = path.lastIndexOf('/', end - 1);
    }
    return undefined;
  }
}

/**
 * Compacts the store every `intervalMs` (upstream: five minutes), always keeping the history of the last interval, so
 * that several servers can do this on one store. 0 leaves compaction to another program.
 */
export async function compactRegularly(
  store: Store,
  options: { feed: Pick<CacheFeed, 'forget'>; clock: Clock; log: Logger; intervalMs: number },
  signal: AbortSignal,
): Promise<void> {
  if (options.intervalMs === 0) return;
  let before = await store.currentRevision();
  while (!signal.aborted) {
    try {
      await options.clock.sleep(options.intervalMs, signal);
      const now = await store.currentRevision();
      await options.feed.forget(before);
      before = now;
    } catch (error) {
      if (isAbort(error, signal)) return;
      options.log.error('Cannot compact the store', error);
    }
  }
}
