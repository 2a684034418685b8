import type { ApiObject, ObjectKey, ResourceType } from '@typernetes/machinery';
import type { ListOptions } from './resource-client.ts';

/** Reads from an informer's copy: synchronous, in memory, possibly slightly behind the server. Objects are shared: never mutate them. */
export interface Lister<T> {
  get(key: ObjectKey): T | undefined;
  list(): readonly T[];
  /** Objects of one namespace. */
  inNamespace(namespace: string): readonly T[];
  /** Objects with `value` in an index that was added before the informer started. */
  byIndex(index: string, value: string): readonly T[];
}

export interface InformerEvents<T> {
  added?(object: T): void;
  updated?(object: T, old: T): void;
  /** `object` is the last state known: the final one unless the deletion happened while disconnected. */
  deleted?(object: T): void;
}

/**
 * Keeps a copy of a resource in memory: lists, then watches, forever; survives disconnects, 410 and server restarts without losing or
 * inventing an event. Objects have no managed fields; updating one without them leaves them unchanged on the server. Handlers are called
 * in the order of events and must not throw.
 */
export interface Informer<T> {
  readonly lister: Lister<T>;
  /** The revision of the copy: the lister has every write up to it. "" before the first list. */
  readonly revision: string;
  /** To be called before the informer starts. `of` returns an object's values in the index. */
  addIndex(name: string, of: (object: T) => readonly string[]): void;
  /** Objects that are there already are reported as added. Returns a function that removes the handlers. */
  onEvent(events: InformerEvents<T>): () => void;
  readonly synced: boolean;
  /** Resolves once the first list has arrived and its events were handled. */
  untilSynced(signal: AbortSignal): Promise<void>;
}

/** A process's shared informers: one for each resource and selection. `run` starts them all, including those added later. */
export interface Informers {
  for<T extends ApiObject>(
    type: ResourceType<T>,
    narrowed?: Pick<ListOptions, 'namespace' | 'labelSelector' | 'fieldSelector' | 'metadataOnly'>,
  ): Informer<T>;
  /** The informer of all objects of a resource, in any version, if there is one already. */
  existing(type: Pick<ResourceType<ApiObject>, 'group' | 'plural'>): Informer<ApiObject> | undefined;
  readonly name: string;
  run(signal: AbortSignal): Promise<void>;
  untilSynced(signal: AbortSignal): Promise<void>;
}
