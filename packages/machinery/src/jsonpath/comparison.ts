import { NumberLiteral } from './node.ts';

type Kind = 'bool' | 'string' | 'int' | 'float';

/** How Go has decoded an object's numbers: integers as integers, or all as floats. */
export interface NumberForm {
  readonly floats?: boolean;
}

/** The result of a filter's comparison. Throws with the words of Go's templates for incomparable values. */
export function compares(
  left: unknown,
  right: unknown,
  { operator, floats = false }: NumberForm & { operator: string },
): boolean {
  switch (operator) {
    case '<':
      return isLess(left, right, floats);
    case '>':
      return !isLess(left, right, floats) && !isEqual(left, right, floats);
    case '==':
      return isEqual(left, right, floats);
    case '!=':
      return !isEqual(left, right, floats);
    case '<=':
      return isLess(left, right, floats) || isEqual(left, right, floats);
    case '>=':
      return !isLess(left, right, floats);
  }
  throw new Error(`unrecognized filter operator ${operator}`);
}

function isEqual(left: unknown, right: unknown, floats: boolean): boolean {
  sameKind(left, right, floats);
  return plain(left) === plain(right);
}

function isLess(left: unknown, right: unknown, floats: boolean): boolean {
  if (sameKind(left, right, floats) === 'bool') throw new Error('invalid type for comparison');
  return (plain(left) as number) < (plain(right) as number);
}

function sameKind(left: unknown, right: unknown, floats: boolean): Kind {
  const kind = kindOf(left, floats);
  if (kind !== kindOf(right, floats)) throw new Error('incompatible types for comparison');
  return kind;
}

const plain = (value: unknown): unknown => (value instanceof NumberLiteral ? value.value : value);

function kindOf(value: unknown, floats: boolean): Kind {
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'number') return floats || !Number.isInteger(value) ? 'float' : 'int';
  if (value instanceof NumberLiteral) return value.kind;
  throw new Error('invalid type for comparison');
}
