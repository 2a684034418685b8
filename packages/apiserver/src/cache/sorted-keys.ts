/** Strings in order, for ranges by prefix. Insertion moves memory, which for the sizes of a cluster beats a tree. */
export class SortedKeys {
  #keys: string[] = [];

  get size(): number {
    return this.#keys.length;
  }

  at(index: number): string | undefined {
    return this.#keys[index];
  }

  add(key: string): void {
    const at = this.#firstNotBelow(key);
    if (this.#keys[at] === key) return;
    if (at === this.#keys.length) this.#keys.push(key);
    else this.#keys.splice(at, 0, key);
  }

  delete(key: string): void {
    const at = this.#firstNotBelow(key);
    if (this.#keys[at] === key) this.#keys.splice(at, 1);
  }

  /** The half-open range of indexes of the keys that start with `prefix` and are greater than `after`. */
  range(prefix: string, after = ''): { from: number; to: number } {
    const to = prefix === '' ? this.#keys.length : this.#firstNotBelow(`${prefix}\u{ffff}`);
    let from = this.#firstNotBelow(prefix);
    if (after !== '') {
      const behind = this.#firstNotBelow(after);
      from = Math.max(from, this.#keys[behind] === after ? behind + 1 : behind);
    }
    return { from, to: Math.max(from, to) };
  }

  #firstNotBelow(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] as string) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
