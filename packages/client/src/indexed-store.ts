import { type ApiObject, keyOf, type ObjectKey } from '@typernetes/machinery';
import type { Lister } from './informer.ts';

/** Objects under one value of an index. The array is computed on demand and cached until the next change. */
class Bucket<T> {
  readonly byKey = new Map<ObjectKey, T>();
  #list: readonly T[] | undefined;

  set(key: ObjectKey, object: T): void {
    this.byKey.set(key, object);
    this.#list = undefined;
  }

  delete(key: ObjectKey): void {
    this.byKey.delete(key);
    this.#list = undefined;
  }

  get list(): readonly T[] {
    this.#list ??= [...this.byKey.values()];
    return this.#list;
  }
}

interface Index<T> {
  readonly of: (object: T) => readonly string[];
  readonly buckets: Map<string, Bucket<T>>;
}

/** Objects by key, and by the values of any number of indexes. */
export class IndexedStore<T extends ApiObject> implements Lister<T> {
  readonly #all = new Bucket<T>();
  readonly #namespaces: Index<T> = {
    of: ({ metadata }) => (metadata.namespace ? [metadata.namespace] : []),
    buckets: new Map(),
  };
  readonly #indexes = new Map<string, Index<T>>();

  get(key: ObjectKey): T | undefined {
    return this.#all.byKey.get(key);
  }

  list(): readonly T[] {
    return this.#all.list;
  }

  inNamespace(namespace: string): readonly T[] {
    return this.#namespaces.buckets.get(namespace)?.list ?? [];
  }

  byIndex(name: string, value: string): readonly T[] {
    const index = this.#indexes.get(name);
    if (!index) throw new Error(`Cannot look up "${value}": index "${name}" does not exist`);
    return index.buckets.get(value)?.list ?? [];
  }

  addIndex(name: string, of: (object: T) => readonly string[]): void {
    const index = { of, buckets: new Map<string, Bucket<T>>() };
    this.#indexes.set(name, index);
    for (const [key, object] of this.#all.byKey) enter(index, key, object);
  }

  hasIndex(name: string): boolean {
    return this.#indexes.has(name);
  }

  keys(): Iterable<ObjectKey> {
    return this.#all.byKey.keys();
  }

  set(object: T): void {
    const key = keyOf(object);
    this.remove(key);
    this.#all.set(key, object);
    enter(this.#namespaces, key, object);
    for (const index of this.#indexes.values()) enter(index, key, object);
  }

  remove(key: ObjectKey): void {
    const old = this.#all.byKey.get(key);
    if (!old) return;
    this.#all.delete(key);
    leave(this.#namespaces, key, old);
    for (const index of this.#indexes.values()) leave(index, key, old);
  }
}

function enter<T>(index: Index<T>, key: ObjectKey, object: T): void {
  for (const value of index.of(object)) {
    const bucket = index.buckets.get(value) ?? new Bucket<T>();
    index.buckets.set(value, bucket);
    bucket.set(key, object);
  }
}

function leave<T>(index: Index<T>, key: ObjectKey, object: T): void {
  for (const value of index.of(object)) {
    const bucket = index.buckets.get(value);
    bucket?.delete(key);
    if (bucket?.byKey.size === 0) index.buckets.delete(value);
  }
}
