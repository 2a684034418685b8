/** A set of completion indexes, kept and written as intervals: `0-2,5`. Never changes. */
export class IndexSet {
  /** Ascending, apart from each other: first and last of each. */
  readonly #intervals: readonly (readonly [number, number])[];

  private constructor(intervals: readonly (readonly [number, number])[]) {
    this.#intervals = intervals;
  }

  /** Indexes from `completions` on are dropped. */
  static parse(text: string | undefined, completions: number): IndexSet {
    const intervals: [number, number][] = [];
    for (const part of (text ?? '').split(',')) {
      const [, first, last] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
      if (first === undefined || Number(first) >= completions) continue;
      intervals.push([Number(first), Math.min(Number(last ?? first), completions - 1)]);
    }
    return new IndexSet(intervals);
  }

  static of(indexes: Iterable<number>): IndexSet {
    const intervals: [number, number][] = [];
    for (const index of [...indexes].sort((a, b) => a - b)) append(intervals, [index, index]);
    return new IndexSet(intervals);
  }

  get size(): number {
    return this.#intervals.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  }

  has(index: number): boolean {
    let [low, high] = [0, this.#intervals.length - 1];
    while (low <= high) {
      const middle = (low + high) >> 1;
      const [first, last] = this.#intervals[middle] ?? [0, 0];
      if (index < first) high = middle - 1;
      else if (index > last) low = middle + 1;
      else return true;
    }
    return false;
  }

  union(other: IndexSet): IndexSet {
    const all = [...this.#intervals, ...other.#intervals].sort(([a], [b]) => a - b);
    const merged: [number, number][] = [];
    for (const interval of all) append(merged, interval);
    return new IndexSet(merged);
  }

  /** How many of them are in the other set too. */
  sharedWith(other: IndexSet): number {
    let [shared, i, j] = [0, 0, 0];
    while (i < this.#intervals.length && j < other.#intervals.length) {
      const [a, b] = this.#intervals[i] ?? [0, 0];
      const [c, d] = other.#intervals[j] ?? [0, 0];
      shared += Math.max(0, Math.min(b, d) - Math.max(a, c) + 1);
      if (b < d) i++;
      else j++;
    }
    return shared;
  }

  /** The `count` lowest indexes below `completions` that are not in the set. */
  missing(count: number, completions: number): number[] {
    const found: number[] = [];
    let next = 0;
    for (const [first, last] of [...this.#intervals, [completions, completions] as const]) {
      for (; next < Math.min(first, completions) && found.length < count; next++) found.push(next);
      next = last + 1;
    }
    return found;
  }

  toString(): string {
    return this.#intervals
      .map(([first, last]) => {
        if (first === last) return `${first}`;
        return last === first + 1 ? `${first},${last}` : `${first}-${last}`;
      })
      .join(',');
  }
}

function append(intervals: [number, number][], [first, last]: readonly [number, number]): void {
  const end = intervals.at(-1);
  if (end && first <= end[1] + 1) end[1] = Math.max(end[1], last);
  else intervals.push([first, last]);
}
