import { formatQuantity, milliValue, parseQuantity, quantityOfMilli } from '@typernetes/machinery';

const nanosOfMilli = 1_000_000n;

/** Rounds quantities up to thousandths, in place. Invalid ones are left for validation. */
export function roundToMilli(list: Record<string, string> | undefined): void {
  for (const name in list) {
    const amount = list[name] as string;
    // Only these notations can be finer.
    if (!/[.nu]|[eE]-/.test(amount)) continue;
    const { nanos, format } = parseQuantity(amount);
    if (nanos % nanosOfMilli !== 0n) list[name] = formatQuantity(quantityOfMilli(milliValue(amount), format));
  }
}
