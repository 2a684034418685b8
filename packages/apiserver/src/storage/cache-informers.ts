import type { Informer, InformerEvents, Informers, Lister } from '@typernetes/client';
import type { ApiObject, ObjectKey, ResourceType } from '@typernetes/machinery';
import type { CachedObject } from '../cache/cached-object.ts';
import type { ResourceStorage } from './resource-storage.ts';

/**
 * Informers within the server: views of its own caches. They hold no copy, need no start and are never behind the
 * server's responses.
 */
export function cacheInformers(storageOf: (type: ResourceType<unknown>) => ResourceStorage): Informers {
  const known = new Map<ResourceStorage, Informer<ApiObject>>();
  return {
    name: 'cache informers',
    for: <T extends ApiObject>(type: ResourceType<T>, narrowed?: object): Informer<T> => {
      if (narrowed && Object.values(narrowed).some((value) => value !== undefined))
        throw new Error(`Cannot narrow the cache of "${type.plural}"`);
      const storage = storageOf(type);
      let informer = known.get(storage);
      if (!informer) {
        informer = new CacheInformer(storage);
        known.set(storage, informer);
      }
      return informer as unknown as Informer<T>;
    },
    existing: ({ group, plural }) =>
      [...known].find(([{ served }]) => served.type.group === group && served.type.plural === plural)?.[1],
    run: async () => {},
    untilSynced: async () => {},
  };
}

interface Index {
  readonly of: (object: ApiObject) => readonly string[];
  readonly byValue: Map<string, Map<ObjectKey, ApiObject>>;
}

class CacheInformer implements Informer<ApiObject> {
  readonly #storage: ResourceStorage;
  readonly #indexes = new Map<string, Index>();
  readonly synced = true;

  constructor(storage: ResourceStorage) {
    this.#storage = storage;
  }

  get revision(): string {
    return String(this.#storage.deps.feed.revision);
  }

  get lister(): Lister<ApiObject> {
    const { cache } = this.#storage;
    const objects = (prefix?: string): ApiObject[] => {
      const found: ApiObject[] = [];
      for (const [, cached] of cache.range(prefix)) found.push(this.#object(cached));
      return found;
    };
    return {
      get: (key) => {
        const cached = cache.get(key);
        return cached && this.#object(cached);
      },
      list: () => objects(),
      inNamespace: (namespace) => objects(`${namespace}/`),
      byIndex: (index, value) => [...(this.#indexes.get(index)?.byValue.get(value)?.values() ?? [])],
    };
  }

  addIndex(name: string, of: (object: ApiObject) => readonly string[]): void {
    if (this.#indexes.has(name)) return;
    const index: Index = { of, byValue: new Map() };
    this.#indexes.set(name, index);
    const { cache } = this.#storage;
    for (const [key, cached] of cache.range()) insert(index, key, this.#object(cached));
    cache.onEvents((events) => {
      for (const { key, current, previous } of events) {
        if (previous) withdraw(index, key, this.#object(previous));
        if (current) insert(index, key, this.#object(current));
      }
    });
  }

  onEvent(events: InformerEvents<ApiObject>): () => void {
    const { cache } = this.#storage;
    for (const [, cached] of cache.range()) events.added?.(this.#object(cached));
    return cache.onEvents((batch) => {
      for (const { current, previous } of batch) {
        if (current && previous) events.updated?.(this.#object(current), this.#object(previous));
        else if (current) events.added?.(this.#object(current));
        else if (previous) events.deleted?.(this.#object(previous));
      }
    });
  }

  async untilSynced(): Promise<void> {}

  #object(cached: CachedObject): ApiObject {
    return this.#storage.form.of(cached).object;
  }
}

function insert({ of, byValue }: Index, key: ObjectKey, object: ApiObject): void {
  for (const value of of(object)) {
    let entries = byValue.get(value);
    if (!entries) {
      entries = new Map();
      byValue.set(value, entries);
    }
    entries.set(key, object);
  }
}

function withdraw({ of, byValue }: Index, key: ObjectKey, object: ApiObject): void {
  for (const value of of(object)) {
    const entries = byValue.get(value);
    entries?.delete(key);
    if (entries?.size === 0) byValue.delete(value);
  }
}
