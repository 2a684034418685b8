const most = 32;

interface Second {
  readonly at: number;
  refused: number;
}

/**
 * The Retry-After of refused requests in seconds: doubled while more are refused than come back in that time, and a
 * second shorter when they become fewer. The rule and its figures are upstream's.
 */
export class RetryAdvice {
  #seconds = 1;
  #raisedAt = 0;
  readonly #past: Second[] = [];

  get seconds(): number {
    return this.#seconds;
  }

  /** A request was refused; `now` in milliseconds. */
  refused(now: number): void {
    const at = Math.floor(now / 1000);
    const current = this.#past.at(-1);
    if (current?.at === at) {
      current.refused++;
      return;
    }
    // Reconsidered once a second, from the counts of the preceding seconds.
    while (this.#past[0] && at - this.#past[0].at > most) this.#past.shift();
    const recent = this.#past.filter((second) => at - second.at <= this.#seconds);
    this.#past.push({ at, refused: 1 });
    const count = recent.reduce((sum, { refused }) => sum + refused, 0);
    if (count >= 3 * this.#seconds && at - this.#raisedAt >= this.#seconds) {
      this.#seconds = Math.min(2 * this.#seconds, most);
      this.#raisedAt = at;
    } else if (count < this.#seconds && this.#seconds > 1) this.#seconds--;
  }
}
