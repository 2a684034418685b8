import type { Store, StoredObject, StoreEvent } from '@typernetes/store';
import type { CacheEvent } from './cache-event.ts';
import { CachedObject, type Encoding } from './cached-object.ts';
import { ChangeWindow, windowSize } from './change-window.ts';
import { type Listener, Listeners } from './listeners.ts';
import { SortedKeys } from './sorted-keys.ts';

/** How many commits of the whole store may be read to extend a window into the past. */
const maxHistory = 50_000;

/**
 * All objects of one resource in key order, and a window of its latest changes. Everything is synchronous: between two turns of the
 * event loop the cache is a consistent snapshot at the feed's revision.
 */
export class ResourceCache {
  /** The registry path, `pods` or `services/specs`. */
  readonly prefix: string;
  #encoding: Encoding;
  #objects = new Map<string, CachedObject>();
  #keys = new SortedKeys();
  /** Stored objects that cannot be decoded, by key, with the error that reads of them throw. */
  #unreadable = new Map<string, Error>();
  readonly #window: ChangeWindow;
  /** The latest revision known to be too far back for the window. */
  #outOfReach = -1;
  #isRetired = false;
  #listeners = new Listeners();
  #bytes = 0;
  #events = 0;
  #loads = 1;
  /** Objects of this server's own writes that the feed has not brought yet, by revision. */
  #expected = new Map<number, CachedObject>();

  constructor(prefix: string, encoding: Encoding, loadedAt: number) {
    this.prefix = prefix;
    this.#encoding = encoding;
    this.#window = new ChangeWindow(loadedAt);
  }

  /** Changes the encoding of objects that are stored from now on. */
  adopt(encoding: Encoding): void {
    this.#encoding = encoding;
  }

  get size(): number {
    return this.#keys.size;
  }

  /** The size of all objects in bytes, as they appear in a list. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many changes were applied, and how often everything was reloaded. */
  get counts(): { readonly events: number; readonly loads: number } {
    return { events: this.#events, loads: this.#loads };
  }

  /** How many changes the window holds, for watches that start in the past. */
  get capacity(): number {
    return windowSize;
  }

  /** The window has every change after this revision. */
  get windowStart(): number {
    return this.#window.start;
  }

  /** The revision of the newest change here, or the one at which the cache was filled. */
  get lastChange(): number {
    return this.#window.last;
  }

  get(key: string): CachedObject | undefined {
    if (this.#unreadable.size > 0) this.#refuse(key, key);
    return this.#objects.get(key);
  }

  /** Objects whose keys start with `keyPrefix` (a namespace and its slash) and are greater than `after`, in key order. */
  *range(keyPrefix = '', after = ''): Generator<readonly [key: string, object: CachedObject]> {
    if (this.#unreadable.size > 0) this.#refuse(keyPrefix);
    for (const keys of this.#keys.range(keyPrefix, after))
      for (const key of keys) yield [key, this.#objects.get(key) as CachedObject];
  }

  count(keyPrefix = '', after = ''): number {
    return this.#keys.count(keyPrefix, after);
  }

  /** The result of `count` at an earlier revision; undefined when the window does not reach back that far. */
  countAt(revision: number, keyPrefix: string, after: string): number | undefined {
    const changes = this.since(revision);
    if (!changes) return undefined;
    // The oldest change of a key tells whether it existed then, the cache whether it exists now.
    const before = new Map<string, boolean>();
    for (const { key, previous } of changes) {
      if (key.startsWith(keyPrefix) && key > after && !before.has(key)) before.set(key, previous !== undefined);
    }
    let count = this.count(keyPrefix, after);
    for (const [key, was] of before) count += Number(was) - Number(this.#objects.has(key));
    return count;
  }

  /** Changes after `revision`, oldest first; undefined when the window does not reach back that far. */
  since(revision: number): readonly CacheEvent[] | undefined {
    return this.#window.since(revision);
  }

  /**
   * Extends the window back to `revision` from the store's history, so that a watch can resume after a restart of the server. Does
   * nothing when that is more than `maxHistory` commits ago, or more than a window may hold. Throws CompactedError when the store no
   * longer has them.
   */
  async reachBack(store: Pick<Store, 'history'>, root: string, revision: number): Promise<void> {
    // The start of the window may move while this waits, by new changes and by other watches.
    while (revision < this.windowStart && this.windowStart - revision <= maxHistory && revision > this.#outOfReach) {
      const upTo = this.windowStart;
      const history = await store.history(root, { after: revision, upTo });
      if (this.windowStart !== upTo) continue;
      const form = (stored: StoredObject): CachedObject => {
        const cached = this.#objects.get(stored.key.slice(root.length));
        return cached?.revision === stored.modRevision
          ? cached
          : CachedObject.of(this.#encoding, stored.value, stored.modRevision);
      };
      const events = history.map(
        (event): CacheEvent => ({
          revision: event.revision,
          key: event.key.slice(root.length),
          current: event.object && form(event.object),
          previous: event.previous && !event.previous.unreadable ? form(event.previous) : undefined,
          encodings: new Map(),
        }),
      );
      if (!this.#window.reachBack(revision, events)) this.#outOfReach = Math.max(this.#outOfReach, revision);
    }
  }

  /** Calls `events` with every later batch, in order, until the returned function is called. */
  onEvents(events: Listener['events'], options: Omit<Listener, 'events'> = {}): () => void {
    return this.#listeners.add({ events, ...options });
  }

  /** Announces a write that the feed is about to deliver: its object is reused instead of decoded from the bytes. */
  expect(written: CachedObject): void {
    this.#expected.set(written.revision, written);
  }

  /** The keys of objects that cannot be read. */
  get unreadable(): ReadonlySet<string> {
    return new Set(this.#unreadable.keys());
  }

  load(key: string, stored: StoredObject): void {
    if (stored.unreadable) {
      this.#unreadable.set(key, stored.unreadable);
      return;
    }
    this.#unreadable.delete(key);
    this.#put(key, CachedObject.of(this.#encoding, stored.value, stored.modRevision));
  }

  /** Marks the cache as dropped by the feed. */
  retire(): void {
    this.#isRetired = true;
  }

  get isRetired(): boolean {
    return this.#isRetired;
  }

  /** Drops most changes up to `revision` from the window. */
  forget(revision: number): void {
    this.#window.forget(revision);
  }

  /** Replaces the whole content by `content` at `revision`; the changes in between are unknown, so that watches end. */
  replace(content: ReadonlyMap<string, StoredObject>, revision: number): void {
    const difference: CacheEvent[] = [];
    const changed = (key: string, current: CachedObject | undefined): void => {
      const previous = this.#objects.get(key);
      difference.push({ revision: current?.revision ?? revision, key, current, previous, encodings: new Map() });
    };
    for (const key of [...this.#objects.keys()]) {
      if (content.has(key) && !content.get(key)?.unreadable) continue;
      changed(key, undefined);
      this.#drop(key);
    }
    this.#unreadable.clear();
    for (const [key, stored] of content) {
      if (stored.unreadable) {
        this.#unreadable.set(key, stored.unreadable);
        continue;
      }
      const current = CachedObject.of(this.#encoding, stored.value, stored.modRevision);
      const known = this.#objects.get(key);
      // Equal revisions need not mean equal objects: a store restored from older data counts them again.
      if (known?.revision === stored.modRevision && known.item.equals(current.item)) continue;
      changed(key, current);
      this.#put(key, current);
    }
    this.#window.clear(revision);
    this.#outOfReach = -1;
    this.#loads++;
    this.#expected.clear();
    for (const { events, reset } of this.#listeners) {
      if (reset) reset();
      else if (difference.length > 0) events(difference);
    }
  }

  /** Applies changes from the store, in revision order, and sends them to the listeners. */
  apply(changes: readonly { readonly key: string; readonly event: StoreEvent }[]): void {
    const events = changes.map(({ key, event }) => this.#applyOne(key, event));
    this.#window.push(events);
    this.#events += events.length;
    this.#listeners.notify(events);
    // All listeners have seen them. The window keeps thousands of changes, so each should be small.
    for (const { previous, encodings } of events) {
      previous?.retire();
      encodings.clear();
    }
  }

  #refuse(keyPrefix: string, only?: string): void {
    for (const [key, error] of this.#unreadable)
      if (only === undefined ? key.startsWith(keyPrefix) : key === only) throw error;
  }

  #applyOne(key: string, event: StoreEvent): CacheEvent {
    this.#unreadable.delete(key);
    const previous = this.#objects.get(key);
    let current: CachedObject | undefined;
    if (event.object) {
      current =
        this.#expected.get(event.revision) ?? CachedObject.of(this.#encoding, event.object.value, event.revision);
      this.#expected.delete(event.revision);
      this.#put(key, current);
    } else this.#drop(key);
    return { revision: event.revision, key, current, previous, encodings: new Map() };
  }

  #drop(key: string): void {
    this.#bytes -= this.#objects.get(key)?.item.length ?? 0;
    this.#objects.delete(key);
    this.#keys.delete(key);
  }

  #put(key: string, object: CachedObject): void {
    const before = this.#objects.get(key);
    if (!before) this.#keys.add(key);
    this.#bytes += object.item.length - (before?.item.length ?? 0);
    this.#objects.set(key, object);
  }
}
