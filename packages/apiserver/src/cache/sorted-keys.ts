/** The size to which a block is split when it has grown to twice as much. */
const blockSize = 512;

/**
 * Sorted strings, for ranges by prefix. They are kept in blocks: an insertion moves at most a few hundred, however many
 * there are.
 */
export class SortedKeys {
  /** No block is empty. */
  readonly #blocks: string[][] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(key: string): void {
    const index = this.#blockOf(key);
    const block = this.#blocks[index];
    if (!block) {
      this.#blocks.push([key]);
      this.#size = 1;
      return;
    }
    const at = firstNotBelow(block, key);
    if (block[at] === key) return;
    if (at === block.length) block.push(key);
    else block.splice(at, 0, key);
    this.#size++;
    if (block.length >= 2 * blockSize) this.#blocks.splice(index + 1, 0, block.splice(blockSize));
  }

  delete(key: string): void {
    const index = this.#blockOf(key);
    const block = this.#blocks[index];
    if (!block) return;
    const at = firstNotBelow(block, key);
    if (block[at] !== key) return;
    block.splice(at, 1);
    this.#size--;
    if (block.length === 0) this.#blocks.splice(index, 1);
  }

  /** How many keys start with `prefix` and are greater than `after`. */
  count(prefix: string, after = ''): number {
    return this.range(prefix, after).reduce((sum, { length }) => sum + length, 0);
  }

  /**
   * The keys that start with `prefix` and are greater than `after`, as consecutive pieces. Read them before the next
   * change.
   */
  range(prefix: string, after = ''): readonly (readonly string[])[] {
    const blocks = this.#blocks;
    const pieces: (readonly string[])[] = [];
    const start = after > prefix ? after : prefix;
    for (let index = this.#blockOf(start); index < blocks.length; index++) {
      const block = blocks[index] as string[];
      let from = firstNotBelow(block, start);
      if (after !== '' && block[from] === after) from++;
      const to = prefix === '' ? block.length : firstNotBelow(block, `${prefix}\u{ffff}`);
      if (from < to) pieces.push(from === 0 && to === block.length ? block : block.slice(from, to));
      if (to < block.length) break;
    }
    return pieces;
  }

  /** The last block that begins at or before the key, where it is or would be; 0 without blocks. */
  #blockOf(key: string): number {
    const blocks = this.#blocks;
    let low = 0;
    let high = blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((blocks[middle]?.[0] as string) <= key) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }
}

function firstNotBelow(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
