import type { Pod } from '@typernetes/api/core/v1';
import type { CacheEvent } from './cache-event.ts';
import type { CachedObject } from './cached-object.ts';

/**
 * Fields by which listeners are indexed: every kubelet watches the pods of its node, and each Secret they use by its
 * name.
 */
type PinnedField = 'metadata.name' | 'spec.nodeName';

/** The value of a field in all objects that a listener wants. */
export interface Pin {
  readonly field: PinnedField;
  readonly value: string;
}

export interface Listener {
  readonly events: (events: readonly CacheEvent[]) => void;
  /** Changes were missed. A listener without it gets the difference as events. */
  readonly reset?: (() => void) | undefined;
  /** The listener may be skipped for objects whose field had another value before and after. */
  readonly pin?: Pin | undefined;
}

const valueIn: Readonly<Record<PinnedField, (object: CachedObject, key: string) => string>> = {
  'metadata.name': (_object, key) => key.slice(key.lastIndexOf('/') + 1),
  'spec.nodeName': ({ object }) => (object as Pod).spec.nodeName ?? '',
};

/** The listeners of a cache. An event for one of a thousand costs no look at the others. */
export class Listeners {
  readonly #all = new Set<Listener>();
  readonly #free = new Set<Listener>();
  readonly #pinned = new Map<PinnedField, Map<string, Set<Listener>>>();

  /** Returns a function that removes it. */
  add(listener: Listener): () => void {
    const { pin } = listener;
    this.#all.add(listener);
    if (!pin) this.#free.add(listener);
    else {
      const byValue = this.#pinned.get(pin.field) ?? new Map<string, Set<Listener>>();
      this.#pinned.set(pin.field, byValue);
      byValue.set(pin.value, (byValue.get(pin.value) ?? new Set()).add(listener));
    }
    return () => this.#remove(listener);
  }

  #remove(listener: Listener): void {
    const { pin } = listener;
    this.#all.delete(listener);
    this.#free.delete(listener);
    if (!pin) return;
    const byValue = this.#pinned.get(pin.field);
    const same = byValue?.get(pin.value);
    same?.delete(listener);
    if (same?.size === 0) byValue?.delete(pin.value);
    if (byValue?.size === 0) this.#pinned.delete(pin.field);
  }

  [Symbol.iterator](): Iterator<Listener> {
    return [...this.#all].values();
  }

  /** Notifies all listeners concerned, each in the order of the events. */
  notify(events: readonly CacheEvent[]): void {
    for (const listener of this.#free) listener.events(events);
    for (const [field, byValue] of [...this.#pinned]) {
      const due = new Map<Listener, CacheEvent[]>();
      for (const event of events) {
        const before = event.previous && valueIn[field](event.previous, event.key);
        const now = event.current && valueIn[field](event.current, event.key);
        if (before !== undefined) note(due, event, byValue.get(before));
        if (now !== undefined && now !== before) note(due, event, byValue.get(now));
      }
      // A listener may have removed another.
      for (const [listener, own] of due) if (this.#all.has(listener)) listener.events(own);
    }
  }
}

function note(due: Map<Listener, CacheEvent[]>, event: CacheEvent, listeners: Iterable<Listener> = []): void {
  for (const listener of listeners) {
    const own = due.get(listener);
    if (own) own.push(event);
    else due.set(listener, [event]);
  }
}
