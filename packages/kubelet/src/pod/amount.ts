import { milliValue, wholeValue } from '@typernetes/machinery';

/** Thousandths of a quantity, rounded up (`500m` of cpu is 500); undefined for none. */
export function milliOf(quantity: string | number | undefined): number | undefined {
  return quantity === undefined ? undefined : milliValue(String(quantity));
}

/** A quantity in whole units, rounded up: bytes of memory; undefined for none. */
export function unitsOf(quantity: string | number | undefined): number | undefined {
  return quantity === undefined ? undefined : wholeValue(String(quantity));
}
