/** Tasks that share a key run one after the other, in the order in which they were added; others run concurrently. */
export class TurnsByKey {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Starts when all earlier tasks with one of the keys have settled. Settles as the task does. */
  run<T>(keys: readonly string[], work: () => Promise<T>): Promise<T> {
    const before = keys.map((key) => this.#last.get(key));
    const mine = Promise.allSettled(before).then(work);
    for (const key of keys) this.#last.set(key, mine);
    const forget = (): void => {
      for (const key of keys) if (this.#last.get(key) === mine) this.#last.delete(key);
    };
    mine.then(forget, forget);
    return mine;
  }
}
