import {
  addQuantities,
  approximateValue,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  type Quantity,
  quantityOf,
  subtractQuantities,
} from '@typernetes/machinery';
import { boolType, doubleType, intType, opaqueType, stringType } from '../types/type.ts';
import { CelError, CelOpaque, type CelValue } from '../values/value.ts';
import { fn, type Library, method, readsFirst } from './overload.ts';

export const quantityType = opaqueType('kubernetes.Quantity');

export class CelQuantity extends CelOpaque {
  readonly typeName = quantityType.name;
  readonly quantity: Quantity;
  constructor(quantity: Quantity) {
    super();
    this.quantity = quantity;
  }
  equals(other: CelValue): boolean {
    return other instanceof CelQuantity && other.quantity.nanos === this.quantity.nanos;
  }
  override toString(): string {
    return formatQuantity(this.quantity);
  }
}

const nano = 1_000_000_000n;

function parsed(text: string): CelQuantity {
  try {
    return new CelQuantity(parseQuantity(text));
  } catch (error) {
    throw new CelError(`quantity format invalid: ${(error as Error).message}`);
  }
}

function isQuantity(text: string): boolean {
  try {
    parseQuantity(text);
    return true;
  } catch {
    return false;
  }
}

const isInteger = ({ quantity }: CelQuantity): boolean => quantity.nanos % nano === 0n;

function asInteger(value: CelQuantity): bigint {
  if (!isInteger(value)) throw new CelError('cannot convert value to integer');
  return value.quantity.nanos / nano;
}

const compared = (a: CelQuantity, b: CelQuantity): number => compareQuantities(a.quantity, b.quantity);
const whole = (value: bigint): Quantity => quantityOf(value);
const two = [quantityType, quantityType];

export const quantities: Library = [
  fn('quantity', [stringType], quantityType, parsed, readsFirst),
  fn('isQuantity', [stringType], boolType, isQuantity, readsFirst),
  method('sign', [quantityType], intType, ({ quantity }: CelQuantity) =>
    quantity.nanos > 0n ? 1n : quantity.nanos < 0n ? -1n : 0n,
  ),
  method('isInteger', [quantityType], boolType, isInteger),
  method('asInteger', [quantityType], intType, asInteger),
  method('asApproximateFloat', [quantityType], doubleType, ({ quantity }: CelQuantity) => approximateValue(quantity)),
  method('isGreaterThan', two, boolType, (a: CelQuantity, b: CelQuantity) => compared(a, b) > 0),
  method('isLessThan', two, boolType, (a: CelQuantity, b: CelQuantity) => compared(a, b) < 0),
  method('compareTo', two, intType, (a: CelQuantity, b: CelQuantity) => BigInt(compared(a, b))),
  method(
    'add',
    two,
    quantityType,
    (a: CelQuantity, b: CelQuantity) => new CelQuantity(addQuantities(a.quantity, b.quantity)),
  ),
  method(
    'add',
    [quantityType, intType],
    quantityType,
    (a: CelQuantity, b: bigint) => new CelQuantity(addQuantities(a.quantity, whole(b))),
  ),
  method(
    'sub',
    two,
    quantityType,
    (a: CelQuantity, b: CelQuantity) => new CelQuantity(subtractQuantities(a.quantity, b.quantity)),
  ),
  method(
    'sub',
    [quantityType, intType],
    quantityType,
    (a: CelQuantity, b: bigint) => new CelQuantity(subtractQuantities(a.quantity, whole(b))),
  ),
];
