import { milliValue, parseSelector, wholeValue } from '@typernetes/machinery';

export type Amounts = Readonly<Record<string, string>>;

export const cpuOf = (usage: Amounts): number => milliValue(usage.cpu ?? '0');
export const memoryOf = (usage: Amounts): number => wholeValue(usage.memory ?? '0');

export const swapOf = (usage: Amounts): number => wholeValue(usage.swap ?? '0');

export const cpuText = (milli: number): string => `${milli}m`;
export const memoryText = (bytes: number): string => `${Math.trunc(bytes / (1024 * 1024))}Mi`;

/** Whole percent of the available amount. */
export function percentText(used: number, available: number): string {
  return available > 0 ? `${Math.trunc((used / available) * 100)}%` : '<unknown>';
}

/** Sorts by `cpu` or `memory` in descending order, else by name. */
export function sortedUsage<T extends { readonly name: string; readonly usage: Amounts }>(
  rows: readonly T[],
  by: string,
): T[] {
  const amount = by === 'cpu' ? cpuOf : by === 'memory' ? memoryOf : undefined;
  return [...rows].sort((a, b) => (amount ? amount(b.usage) - amount(a.usage) : a.name < b.name ? -1 : 1));
}

export function checkSortBy(by: string): void {
  if (by !== '' && by !== 'cpu' && by !== 'memory') throw new Error('--sort-by accepts only cpu or memory');
}

/** Parsed by the client before the server sees it, so the message differs from other commands'. */
export function checkSelector(selector: string): void {
  parseSelector(selector);
}
