import { jsonEqual, type ObjectKey } from '@typernetes/machinery';
import type { Informer } from './informer.ts';
import type { WorkQueue } from './work-queue.ts';

/** Adds keys to a controller's queue, and names what must be synced before the first key is processed. */
export interface Wake {
  /** Starts adding; returns what stops it. */
  attach(queue: Pick<WorkQueue, 'add' | 'addAfter'>): () => void;
  untilSynced(signal: AbortSignal): Promise<void>;
}

type Keys = ObjectKey | readonly ObjectKey[] | undefined;

/** Wakes the keys of an object whenever it is added, changed or deleted: on a change, those of both states. */
export function wakeOn<T>(informer: Informer<T>, keysOf: (object: T) => Keys): Wake {
  return {
    untilSynced: (signal) => informer.untilSynced(signal),
    attach(queue) {
      const wake = (object: T): void => addAll(queue, keysOf(object));
      return informer.onEvent({
        added: wake,
        updated: (object, old) => addBoth(queue, keysOf(old), keysOf(object)),
        deleted: wake,
      });
    },
  };
}

/** Like `wakeOn`, but on a change only uses the new state: for look-ups that are too costly to do for the old one. */
export function wakeOnAppearance<T>(informer: Informer<T>, keysOf: (object: T) => Keys): Wake {
  return {
    untilSynced: (signal) => informer.untilSynced(signal),
    attach(queue) {
      const wake = (object: T): void => addAll(queue, keysOf(object));
      return informer.onEvent({ added: wake, updated: wake, deleted: wake });
    },
  };
}

/**
 * Like `wakeOn`, but only for changes of the spec, or when `orWhen` returns true: a controller's own writes of the
 * status, or heartbeats, do not requeue an object.
 */
export function wakeOnSpec<T extends { readonly spec?: unknown }>(
  informer: Informer<T>,
  keysOf: (object: T) => Keys,
  { orWhen }: { readonly orWhen?: (object: T, old: T) => boolean } = {},
): Wake {
  return {
    untilSynced: (signal) => informer.untilSynced(signal),
    attach(queue) {
      const wake = (object: T): void => addAll(queue, keysOf(object));
      return informer.onEvent({
        added: wake,
        updated(object, old) {
          if (jsonEqual(object.spec, old.spec) && !orWhen?.(object, old)) return;
          addBoth(queue, keysOf(old), keysOf(object));
        },
        deleted: wake,
      });
    },
  };
}

/** Wakes nothing: the controller only reads from this informer. */
export function readsFrom(informer: Pick<Informer<unknown>, 'untilSynced'>): Wake {
  return { untilSynced: (signal) => informer.untilSynced(signal), attach: () => () => {} };
}

/** Wakes fixed keys once at the start, for work that belongs to no object. */
export function wakeAtStart(...keys: readonly ObjectKey[]): Wake {
  return {
    untilSynced: () => Promise.resolve(),
    attach(queue) {
      addAll(queue, keys);
      return () => {};
    },
  };
}

function addAll(queue: Pick<WorkQueue, 'add'>, keys: Keys): void {
  if (typeof keys === 'string') queue.add(keys);
  else for (const key of keys ?? []) queue.add(key);
}

/** Each key once: a worker that idles takes the first at once, and would have to do everything again for the second. */
function addBoth(queue: Pick<WorkQueue, 'add'>, before: Keys, after: Keys): void {
  if (typeof before === 'string' || before === undefined) {
    if (before !== undefined && before !== after && !(Array.isArray(after) && after.includes(before)))
      queue.add(before);
    addAll(queue, after);
  } else addAll(queue, [...new Set([...before, ...(typeof after === 'string' ? [after] : (after ?? []))])]);
}

/** Wakes keys that the controller itself names: what it learns about one object may concern others. */
export function wakeByHand(): Wake & { wake(keys: readonly ObjectKey[]): void } {
  const queues = new Set<Pick<WorkQueue, 'add' | 'addAfter'>>();
  return {
    untilSynced: () => Promise.resolve(),
    attach(queue) {
      queues.add(queue);
      return () => queues.delete(queue);
    },
    wake(keys) {
      for (const queue of queues) addAll(queue, keys);
    },
  };
}
