/** Runs tasks one after the other, in the order in which they were added. */
export class OneAtATime {
  #last: Promise<unknown> = Promise.resolve();

  /** Settles as the task does. A task that fails rejects for its caller, and does not affect those behind it. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work, work);
    this.#last = mine;
    return mine;
  }
}
