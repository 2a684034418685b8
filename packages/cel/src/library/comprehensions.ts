import { mapType, paramType } from '../types/type.ts';
import { keyText } from '../values/lookup.ts';
import { CelError, type CelMap, type CelValue, EntriesMap } from '../values/value.ts';
import { fn, type Library } from './overload.ts';

const map = mapType(paramType('K'), paramType('V'));

function* entries(from: CelMap): Generator<readonly [CelValue, CelValue]> {
  for (const key of from.keys()) yield [key, from.get(key) as CelValue];
}

function inserted(into: CelMap, added: Iterable<readonly [CelValue, CelValue]>): CelValue {
  const all = [...entries(into)];
  for (const [key, value] of added) {
    if (into.get(key) !== undefined) throw new CelError(`insert failed: key ${keyText(key)} already exists`);
    all.push([key, value]);
  }
  return new EntriesMap(all);
}

/** The functions that the macros transformMap and transformMapEntry expand to. */
export const comprehensions: Library = [
  fn('cel.@mapInsert', [map, map], map, (into: CelMap, added: CelMap) => inserted(into, entries(added))),
  fn('cel.@mapInsert', [map, paramType('K'), paramType('V')], map, (into: CelMap, key: CelValue, value: CelValue) =>
    inserted(into, [[key, value]]),
  ),
];
