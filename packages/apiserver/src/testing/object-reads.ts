import { keyOf } from '@typernetes/machinery';

interface Named {
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** A lister over literals: tests give only the fields that the code under test reads. */
export interface LiteralReads<T> {
  get(key: string): T | undefined;
  list(): readonly T[];
  inNamespace(namespace: string): readonly T[];
  byIndex(index: string, value: string): readonly T[];
}

/** Reads `objects` as a lister would; `indexOf` stands in for whatever index is asked for. */
export function literalReads<T>(
  objects: readonly Named[],
  indexOf: (object: T) => readonly string[] = () => [],
): LiteralReads<T> {
  const all = objects as unknown as readonly (T & Named)[];
  return {
    get: (key) => all.find((object) => keyOf(object) === key),
    list: () => all,
    inNamespace: (namespace) => all.filter((object) => object.metadata.namespace === namespace),
    byIndex: (_index, value) => all.filter((object) => indexOf(object).includes(value)),
  };
}
