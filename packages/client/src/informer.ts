import type { ApiObject, ObjectKey, ResourceType } from '@typernetes/machinery';
import type { ListOptions } from './resource-client.ts';

/** Reads from an informer's store: synchronous, from memory, possibly a moment behind the server. Objects are shared: never mutate them. */
export interface Lister<T> {
  get(key: ObjectKey): T | undefined;
  list(): readonly T[];
  /** Objects of one namespace. */
  inNamespace(namespace: string): readonly T[];
  /** Objects under `value` of an index that was added before start. */
  byIndex(index: string, value: string): readonly T[];
}

export interface InformerEvents<T> {
  added?(object: T): void;
  updated?(object: T, old: T): void;
  /** `object` is the last state known: the final one unless the deletion happened while disconnected. */
  deleted?(object: T): void;
}

/**
 * Keeps a copy of a resource: list, then watch, forever; survives disconnects, 410 and server restarts without losing or
 * inventing an event. Objects have no managed fields: a write without them leaves them as they are. Handlers run in order of events and must not throw.
 */
export interface Informer<T> {
  readonly lister: Lister<T>;
  /** The revision that the copy has reached: every write up to it is in the lister. "" before the first list. */
  readonly revision: string;
  /** Indexes must be added before the informer starts. `of` returns the values under which an object is found. */
  addIndex(name: string, of: (object: T) => readonly string[]): void;
  /** Objects known already are replayed as added. Returns a function that removes the handlers. */
  onEvent(events: InformerEvents<T>): () => void;
  readonly synced: boolean;
  /** Resolves once the first list is in the store and its events were handled. */
  untilSynced(signal: AbortSignal): Promise<void>;
}

/** One shared informer per resource and narrowing of a process. `run` starts them all, including those asked for later. */
export interface Informers {
  for<T extends ApiObject>(
    type: ResourceType<T>,
    narrowed?: Pick<ListOptions, 'namespace' | 'labelSelector' | 'fieldSelector' | 'metadataOnly'>,
  ): Informer<T>;
  /** The informer of all objects of a resource, whole, in whatever version somebody has asked for; undefined when nobody has. */
  existing(type: Pick<ResourceType<ApiObject>, 'group' | 'plural'>): Informer<ApiObject> | undefined;
  readonly name: string;
  run(signal: AbortSignal): Promise<void>;
  untilSynced(signal: AbortSignal): Promise<void>;
}
