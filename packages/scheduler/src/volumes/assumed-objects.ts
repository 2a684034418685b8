import type { Lister } from '@typernetes/client';
import type { ApiObject, ObjectKey } from '@typernetes/machinery';

interface Assumption<T> {
  readonly object: T;
  /** The revision that it is based on: a newer one from the API replaces it. */
  readonly base: string;
}

/** The informer's objects, overlaid with decisions that are not written yet. */
export class AssumedObjects<T extends ApiObject> {
  readonly lister: Lister<T>;
  readonly #assumed = new Map<ObjectKey, Assumption<T>>();

  constructor(lister: Lister<T>) {
    this.lister = lister;
  }

  get(key: ObjectKey): T | undefined {
    const known = this.lister.get(key);
    return known && this.#current(key, known);
  }

  byIndex(index: string, value: string): readonly T[] {
    const known = this.lister.byIndex(index, value);
    if (this.#assumed.size === 0) return known;
    return known.map((object) => this.#current(object.metadata.name, object));
  }

  assume(key: ObjectKey, object: T): void {
    this.#assumed.set(key, { object, base: this.lister.get(key)?.metadata.resourceVersion ?? '' });
  }

  forget(key: ObjectKey): void {
    this.#assumed.delete(key);
  }

  #current(key: ObjectKey, known: T): T {
    const assumption = this.#assumed.get(key);
    if (!assumption) return known;
    if (assumption.base === known.metadata.resourceVersion) return assumption.object;
    this.#assumed.delete(key);
    return known;
  }
}
