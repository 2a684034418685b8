import type { Clock, Logger } from '@typernetes/base';
import { isAbort } from '@typernetes/base';
import { CompactedError, type Store, type StoredObject, type StoreEvent, type WatchBatch } from '@typernetes/store';
import { tooLarge } from '../handlers/revisions.ts';
import type { Encoding } from './cached-object.ts';
import { ResourceCache } from './resource-cache.ts';

/** Where objects live in the store, as upstream has it (`--etcd-prefix`). */
const defaultPrefix = '/registry';

/** What all keys begin with, the slash included. */
export const rootOf = (prefix: string = defaultPrefix): string => `/${prefix.replace(/^\/+|\/+$/g, '')}/`;

/** The pause before the store is asked again for everything. */
const reloadPauseMs = 500;
/** How often a value that could not be read is tried again. */
const readAgainMs = 10_000;

export interface CacheFeedOptions {
  /** What all keys begin with; default `/registry`. */
  readonly prefix?: string | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Somebody who waits until the caches have what the store had at `revision`. */
interface Waiter {
  readonly revision: number;
  /** Everything has to be read anew first. */
  forAnew: boolean;
  resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Fills the caches of all resources from one watch of the store, so that all of them stand at the same revision and
 * "has everything up to revision N arrived" is one question.
 */
export class CacheFeed {
  /** What all keys begin with, the slash included. */
  readonly root: string;
  readonly #clock: Clock;
  readonly #log: Logger;
  #store: Store;
  #caches = new Map<string, ResourceCache>();
  #revision = 0;
  #forgotten = 0;
  readonly #users = new Map<ResourceCache, number>();
  #hasUnreadable = false;
  /** Resolves when there is something that cannot be read. */
  #noted = Promise.withResolvers<void>();
  /** Objects of resources that no cache was asked for yet. */
  #unclaimed = new Map<string, StoredObject>();
  #waiting: Waiter[] = [];
  /** How long anybody may wait for a revision; undefined: as long as it takes. */
  #mostMs: number | undefined;
  #cancelHurry = (): void => {};
  #listeners = new Set<() => void>();
  /** Ends the watch of the store, so that everything is read anew. */
  #interrupt = new AbortController();

  constructor(store: Store, { prefix, clock, log }: CacheFeedOptions) {
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
    this.root = rootOf(prefix);
  }

  /** The store's revision up to which every cache is complete. */
  get revision(): number {
    return this.#revision;
  }

  /** What was before this revision is history that the store was made to forget. */
  get forgotten(): number {
    return this.#forgotten;
  }

  /** Makes the store forget what was before `revision`. */
  async forget(revision: number): Promise<void> {
    await this.#store.compact(revision);
    this.#forgotten = Math.max(this.#forgotten, revision);
    for (const cache of this.#caches.values()) cache.forget(revision);
  }

  /** Reads everything once. Call before `follow` and before the first request. */
  async load(): Promise<void> {
    const { revision, objects } = await this.#store.list(this.root, { markUnreadable: true });
    for (const object of objects) {
      this.#unclaimed.set(object.key, object);
      if (object.unreadable) this.#note(object.unreadable, object.key);
    }
    this.#revision = revision;
  }

  /** The cache of a registry path; made on first use. Whoever has no use for it any more releases it. */
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

  /** A cache that nobody uses and that holds nothing is forgotten: custom resources come and go. */
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
   * Follows the store until `signal` aborts. When the store has forgotten what comes next, because nobody could reach it for
   * long, everything is read anew: watches end then, and their clients list again.
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

  /** Tries what could not be read again and again: its key may be on the way here. */
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
            // What was written meanwhile comes by the watch.
            if (object && object.modRevision <= this.#revision && cache.unreadable.has(key)) cache.load(key, object);
          } catch {
            this.#hasUnreadable = true; // said already
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
   * Resolves once everything that was committed before this call is in the caches. Undefined when it is already, which is nearly always
   * so where nobody else writes: then a read need not wait for a turn of the event loop.
   *
   * A store that is behind what it has shown before was given older data: then this resolves once that is what is in the caches. The watch
   * would notice, but only when it has found its way back to the store.
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
   * The server is about to end: from now on nobody waits longer than `mostMs` for what the store has, those included who wait already. What
   * has not come by then is a Timeout to them: the storage may be away.
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

  /** Calls `listener` after each batch, once all caches have it. */
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

  /** A registry path is everything before the name, or before namespace and name. */
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
 * Forgets the store's history that is older than `intervalMs` to twice that, again and again; upstream's interval is five minutes.
 * Several servers may do so on one store: each leaves the latest interval alone. 0 leaves compaction to somebody else.
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
