import { formatQuantity, milliValue, parseQuantity, quantityOfMilli } from '@typernetes/machinery';

/** Amounts of resources are kept in thousandths: finer ones are rounded up, in place. Anything else is left for validation. */
export function roundToMilli(list: Record<string, string> | undefined): void {
  for (const name in list) {
    const amount = list[name] as string;
    // In canonical form, which decoding sees to, only these are finer.
    if (/^-?\d+[nu]$/.test(amount) || /^-?\d+e-[69]$/.test(amount)) {
      list[name] = formatQuantity(quantityOfMilli(milliValue(amount), parseQuantity(amount).format));
    }
  }
}
