import { boolType, listType, paramType } from '../types/type.ts';
import { equal } from '../values/equal.ts';
import type { CelList, CelValue } from '../values/value.ts';
import { fn, type Library } from './overload.ts';
import { sizeOf } from './size.ts';

const items = listType(paramType('T'));

const includes = (list: CelList, value: CelValue): boolean => {
  for (const item of list) if (equal(item, value)) return true;
  return false;
};
const contains = (list: CelList, part: CelList): boolean => [...part].every((item) => includes(list, item));
const intersects = (a: CelList, b: CelList): boolean => [...a].some((item) => includes(b, item));
const comparesAll = ([a, b]: readonly CelValue[]): number => 1 + sizeOf(a) * sizeOf(b);
const comparesAllTwice = ([a, b]: readonly CelValue[]): number => 1 + 2 * sizeOf(a) * sizeOf(b);

export const sets: Library = [
  fn('sets.contains', [items, items], boolType, contains, comparesAll),
  fn(
    'sets.equivalent',
    [items, items],
    boolType,
    (a: CelList, b: CelList) => contains(a, b) && contains(b, a),
    comparesAllTwice,
  ),
  fn('sets.intersects', [items, items], boolType, intersects, comparesAll),
];
