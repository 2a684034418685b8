/** A binary heap whose members know their positions: the least is found at once, any can be removed. */
export class Heap<T extends object> {
  readonly #items: T[] = [];
  readonly #places = new Map<T, number>();
  readonly #compare: (a: T, b: T) => number;

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#items.length;
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    this.#items.push(item);
    this.#places.set(item, this.#items.length - 1);
    this.#up(this.#items.length - 1);
  }

  pop(): T | undefined {
    const first = this.#items[0];
    if (first) this.remove(first);
    return first;
  }

  remove(item: T): boolean {
    const at = this.#places.get(item);
    if (at === undefined) return false;
    this.#places.delete(item);
    const last = this.#items.pop() as T;
    if (last !== item) {
      this.#put(last, at);
      this.#up(at);
      this.#down(this.#places.get(last) as number);
    }
    return true;
  }

  #put(item: T, at: number): void {
    this.#items[at] = item;
    this.#places.set(item, at);
  }

  #up(from: number): void {
    let at = from;
    const item = this.#items[at] as T;
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = this.#items[parentAt] as T;
      if (this.#compare(item, parent) >= 0) break;
      this.#put(parent, at);
      at = parentAt;
    }
    this.#put(item, at);
  }

  #down(from: number): void {
    let at = from;
    const item = this.#items[at] as T;
    for (;;) {
      let childAt = 2 * at + 1;
      if (childAt >= this.#items.length) break;
      const right = this.#items[childAt + 1];
      if (right && this.#compare(right, this.#items[childAt] as T) < 0) childAt++;
      const child = this.#items[childAt] as T;
      if (this.#compare(child, item) >= 0) break;
      this.#put(child, at);
      at = childAt;
    }
    this.#put(item, at);
  }
}
