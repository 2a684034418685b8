import { formatQuantity, milliValue, parseQuantity, quantityOfMilli } from '@typernetes/machinery';

const nanosOfMilli = 1_000_000n;

/** Amounts of resources are kept in thousandths: finer ones are rounded up, in place. Anything else is left for validation. */
export function roundToMilli(list: Record<string, string> | undefined): void {
  for (const name in list) {
    const amount = list[name] as string;
    // Only what is written like this can be finer.
    if (!/[.nu]|[eE]-/.test(amount)) continue;
    const { nanos, format } = parseQuantity(amount);
    if (nanos % nanosOfMilli !== 0n) list[name] = formatQuantity(quantityOfMilli(milliValue(amount), format));
  }
}
