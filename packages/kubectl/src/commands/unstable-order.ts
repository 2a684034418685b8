/**
 * Sorts as Go's `sort.Sort` does: a pattern-defeating quicksort, which is not stable. Where many are equal, or `isLess` is no proper order, what
 * comes out in which order is decided by the steps of the algorithm, so these are the same: insertion for up to twelve, medians of three or nine as
 * pivots, a heap after too many bad ones. (Orson Peters, "Pattern-defeating Quicksort", arXiv 2106.05123; without its branchless partition.)
 */
export function inUnstableOrder<T>(items: readonly T[], isLess: (a: T, b: T) => boolean): T[] {
  const sort = new UnstableSort([...items], isLess);
  sort.range({ from: 0, to: items.length }, bitLength(items.length));
  return sort.items;
}

/** Indexes from the first to before the last. */
interface Range {
  readonly from: number;
  readonly to: number;
}

const mostForInsertion = 12;
const leastForNinther = 50;
const leastForShifting = 50;
const mostShifted = 5;

const bitLength = (n: number): number => 32 - Math.clz32(n);

class UnstableSort<T> {
  readonly items: T[];
  readonly #isLess: (a: T, b: T) => boolean;

  constructor(items: T[], isLess: (a: T, b: T) => boolean) {
    this.items = items;
    this.#isLess = isLess;
  }

  /** `badPivots` is how many of them there may be. */
  range({ from, to }: Range, badPivots: number): void {
    let left = badPivots;
    let balanced = true;
    let partitioned = true;
    while (to - from > mostForInsertion) {
      if (left === 0) {
        this.#byHeap({ from, to });
        return;
      }
      if (!balanced) {
        this.#scatter({ from, to });
        left--;
      }
      let { pivot, looks } = this.#choosePivot({ from, to });
      if (looks === 'falling') {
        this.#reverse({ from, to });
        pivot = to - 1 - (pivot - from);
        looks = 'rising';
      }
      if (balanced && partitioned && looks === 'rising' && this.#sortNearlySorted({ from, to })) return;
      // Nothing here is less than what stands before: what equals that is done.
      if (from > 0 && !this.#less(from - 1, pivot)) {
        from = this.#partitionEqual({ from, to }, pivot);
        continue;
      }
      const { middle, already } = this.#partition({ from, to }, pivot);
      partitioned = already;
      const [below, above] = [middle - from, to - middle];
      balanced = Math.min(below, above) >= Math.floor((to - from) / 8);
      if (below < above) {
        this.range({ from, to: middle }, left);
        from = middle + 1;
      } else {
        this.range({ from: middle + 1, to }, left);
        to = middle;
      }
    }
    this.#byInsertion({ from, to });
  }

  #less(a: number, b: number): boolean {
    return this.#isLess(this.items[a] as T, this.items[b] as T);
  }

  #swap(a: number, b: number): void {
    const kept = this.items[a] as T;
    this.items[a] = this.items[b] as T;
    this.items[b] = kept;
  }

  #reverse({ from, to }: Range): void {
    for (let i = from, j = to - 1; i < j; i++, j--) this.#swap(i, j);
  }

  #byInsertion({ from, to }: Range): void {
    for (let i = from + 1; i < to; i++) this.#sinkLeft(i, from);
  }

  /** Swaps an item to the left for as long as it is less than its neighbour there. */
  #sinkLeft(at: number, until: number): void {
    for (let j = at; j > until && this.#less(j, j - 1); j--) this.#swap(j, j - 1);
  }

  #byHeap({ from, to }: Range): void {
    const size = to - from;
    for (let i = (size - 1) >> 1; i >= 0; i--) this.#siftDown(i, size, from);
    for (let i = size - 1; i >= 0; i--) {
      this.#swap(from, from + i);
      this.#siftDown(0, i, from);
    }
  }

  #siftDown(start: number, size: number, first: number): void {
    for (let root = start; ; ) {
      let child = 2 * root + 1;
      if (child >= size) return;
      if (child + 1 < size && this.#less(first + child, first + child + 1)) child++;
      if (!this.#less(first + root, first + child)) return;
      this.#swap(first + root, first + child);
      root = child;
    }
  }

  /** Changes places in the middle by numbers that are the same each time: xorshift, begun with the length. */
  #scatter({ from, to }: Range): void {
    const length = to - from;
    const mask = (1n << BigInt(bitLength(length))) - 1n;
    const middle = from + Math.floor(length / 4) * 2;
    let random = BigInt(length);
    for (let at = middle - 1; at <= middle + 1; at++) {
      random ^= BigInt.asUintN(64, random << 13n);
      random ^= random >> 7n;
      random ^= BigInt.asUintN(64, random << 17n);
      const other = Number(random & mask);
      this.#swap(at, from + (other >= length ? other - length : other));
    }
  }

  #choosePivot({ from, to }: Range): { pivot: number; looks: 'rising' | 'falling' | 'mixed' } {
    const length = to - from;
    let swaps = 0;
    const ordered = (a: number, b: number): [number, number] => {
      if (!this.#less(b, a)) return [a, b];
      swaps++;
      return [b, a];
    };
    const median = (a: number, b: number, c: number): number => {
      const [low, high] = ordered(a, b);
      const [middle] = ordered(high, c);
      return ordered(low, middle)[1];
    };
    const quarters = [1, 2, 3].map((n) => from + Math.floor(length / 4) * n);
    const [i, j, k] = (length < leastForNinther ? quarters : quarters.map((at) => median(at - 1, at, at + 1))) as [
      number,
      number,
      number,
    ];
    const pivot = median(i, j, k);
    // Every one of the four medians has swapped three times.
    return { pivot, looks: swaps === 0 ? 'rising' : swaps === 12 ? 'falling' : 'mixed' };
  }

  /** Puts what is less than the pivot before it. `already` tells that all of that was there. */
  #partition({ from, to }: Range, pivot: number): { middle: number; already: boolean } {
    this.#swap(from, pivot);
    let [i, j] = [from + 1, to - 1];
    for (let already = true; ; already = false) {
      while (i <= j && this.#less(i, from)) i++;
      while (i <= j && !this.#less(j, from)) j--;
      if (i > j) {
        this.#swap(j, from);
        return { middle: j, already };
      }
      this.#swap(i++, j--);
    }
  }

  /** Puts what equals the pivot before what is greater; nothing is less. Returns where the greater ones begin. */
  #partitionEqual({ from, to }: Range, pivot: number): number {
    this.#swap(from, pivot);
    let [i, j] = [from + 1, to - 1];
    for (;;) {
      while (i <= j && !this.#less(from, i)) i++;
      while (i <= j && this.#less(from, j)) j--;
      if (i > j) return i;
      this.#swap(i++, j--);
    }
  }

  /** Shifts the few that are out of place, if they are few; says whether all is in order then. */
  #sortNearlySorted({ from, to }: Range): boolean {
    let i = from + 1;
    for (let step = 0; step < mostShifted; step++) {
      while (i < to && !this.#less(i, i - 1)) i++;
      if (i === to) return true;
      if (to - from < leastForShifting) return false;
      this.#swap(i, i - 1);
      if (i - from >= 2) this.#sinkLeft(i - 1, 0);
      if (to - i >= 2) for (let j = i + 1; j < to && this.#less(j, j - 1); j++) this.#swap(j, j - 1);
    }
    return false;
  }
}
