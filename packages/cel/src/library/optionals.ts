import { boolType, dynType, listType, optionalType, paramType, stringType } from '../types/type.ts';
import { optionallyIndexed } from '../values/lookup.ts';
import {
  ArrayList,
  CelDuration,
  CelError,
  CelList,
  CelMap,
  CelOptional,
  CelUint,
  type CelValue,
} from '../values/value.ts';
import { fn, type Library, method } from './overload.ts';

const t = paramType('T');
const optional = optionalType(t);

function isZero(value: CelValue): boolean {
  if (value === null || value === false || value === '' || value === 0 || value === 0n) return true;
  if (value instanceof CelUint) return value.value === 0n;
  if (value instanceof CelDuration) return value.nanos === 0n;
  if (value instanceof Uint8Array) return value.length === 0;
  if (value instanceof CelOptional) return value.content === undefined;
  return (value instanceof CelList || value instanceof CelMap) && value.size === 0;
}

function content(value: CelOptional): CelValue {
  if (value.content === undefined) throw new CelError('optional.none() dereference');
  return value.content;
}

export const optionals: Library = [
  fn('optional.of', [t], optional, (value: CelValue) => new CelOptional(value)),
  fn('optional.ofNonZeroValue', [t], optional, (value: CelValue) =>
    isZero(value) ? CelOptional.none : new CelOptional(value),
  ),
  fn('optional.none', [], optional, () => CelOptional.none),
  fn('optional.unwrap', [listType(optional)], listType(t), unwrapped as never),
  method('unwrapOpt', [listType(optional)], listType(t), unwrapped as never),
  method('value', [optional], t, content),
  method('hasValue', [optional], boolType, (value: CelOptional) => value.content !== undefined),
  fn('_?._', [dynType, stringType], optionalType(dynType), optionallyIndexed),
  fn('_[?_]', [dynType, dynType], optionalType(dynType), optionallyIndexed),
];

function unwrapped(list: CelList): CelValue {
  return new ArrayList(
    [...list].flatMap((item) => (item instanceof CelOptional && item.content !== undefined ? [item.content] : [])),
  );
}

/** The planner evaluates these: the alternative only if it is needed. */
export const lazyOptionals: Library = [
  method('or', [optional, optional], optional, (a: CelOptional, b: CelOptional) => (a.content === undefined ? b : a)),
  method('orValue', [optional, t], t, (a: CelOptional, b: CelValue) => a.content ?? b),
];
