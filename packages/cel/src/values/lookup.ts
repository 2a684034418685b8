import { runtimeTypeName } from '../types/type.ts';
import { typeOf } from './type-of.ts';
import { CelError, CelList, CelMap, CelOptional, CelUint, type CelValue } from './value.ts';

export const noSuchOverload = (): CelError => new CelError('no such overload');

/** A key as messages show it. */
export function keyText(key: CelValue): string {
  return key instanceof CelUint ? String(key.value) : String(key);
}

/** The member, item or value; undefined if there is none. Throws a {@link CelError} if the operand has no members. */
export function found(operand: CelValue, key: CelValue): CelValue | undefined {
  if (operand instanceof CelMap) {
    if (typeof key === 'object' && !(key instanceof CelUint)) {
      throw new CelError(`unsupported key type: ${runtimeTypeName(typeOf(key))}`);
    }
    return operand.get(key);
  }
  if (operand instanceof CelList) {
    const index = listIndex(key);
    return index >= 0 && index < operand.size ? operand.at(index) : undefined;
  }
  throw noSuchOverload();
}

function listIndex(key: CelValue): number {
  if (typeof key === 'bigint') return Number(key);
  if (key instanceof CelUint) return Number(key.value);
  if (typeof key === 'number' && Number.isInteger(key)) return key;
  throw new CelError(`unsupported index type '${runtimeTypeName(typeOf(key))}' in list`);
}

/** `a[key]`: indexing an optional gives an optional. */
export function indexed(operand: CelValue, key: CelValue): CelValue {
  if (operand instanceof CelOptional) return optionallyIndexed(operand, key);
  const value = found(operand, key);
  if (value !== undefined) return value;
  throw new CelError(
    operand instanceof CelList ? `index out of bounds: ${keyText(key)}` : `no such key: ${keyText(key)}`,
  );
}

/** `a[?key]` and `a.?key`. */
export function optionallyIndexed(operand: CelValue, key: CelValue): CelValue {
  const content = operand instanceof CelOptional ? operand.content : operand;
  if (content === undefined) return CelOptional.none;
  const value = found(content, key);
  return value === undefined ? CelOptional.none : new CelOptional(value);
}
