import { goQuote } from '@typernetes/machinery';

/** First and last index of a run of them. */
type IndexRun = readonly [first: number, last: number];

/**
 * Parses a list of job indexes such as `1,3-5,7`, in increasing order and below `completions`. Returns upstream's
 * message if the list is malformed.
 */
export function readIndexes(text: string, completions: number): readonly IndexRun[] | string {
  const runs: IndexRun[] = [];
  if (text === '') return runs;
  for (const fragment of text.split(',')) {
    const limits = fragment.split('-');
    if (limits.length > 2) {
      return `the fragment ${goQuote(fragment)} violates the requirement that an index interval can have at most two parts separated by '-'`;
    }
    for (const limit of limits) {
      if (!/^[+-]?\d+$/.test(limit)) return `cannot convert string to integer for index: ${goQuote(limit)}`;
      if (Number(limit) >= completions) return `too large index: ${goQuote(limit)}`;
    }
    const [first = 0, last = first] = limits.map(Number);
    if (limits.length === 2 && first >= last) return `non-increasing order, previous: ${first}, current: ${last}`;
    const previous = runs.at(-1)?.[1];
    if (previous !== undefined && previous >= first) {
      return `non-increasing order, previous: ${previous}, current: ${first}`;
    }
    runs.push([first, last]);
  }
  return runs;
}

export const countOf = (runs: readonly IndexRun[]): number =>
  runs.reduce((sum, [first, last]) => sum + last - first + 1, 0);

/** The lowest index that both lists contain. */
export function firstShared(one: readonly IndexRun[], other: readonly IndexRun[]): number | undefined {
  for (const [first, last] of one) {
    for (const [from, to] of other) {
      const start = Math.max(first, from);
      if (start <= Math.min(last, to)) return start;
    }
  }
  return undefined;
}
