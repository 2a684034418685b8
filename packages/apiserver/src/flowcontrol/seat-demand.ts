/** What a level's requests asked for over a period, in seats. */
export interface DemandStatistics {
  /** The most at once. */
  readonly highest: number;
  readonly average: number;
  /** The standard deviation. */
  readonly deviation: number;
}

/**
 * The seats in use and waited for, integrated over time. Changes of demand are what every request makes, so they cost
 * a few multiplications. Times are in milliseconds, of a monotonic clock.
 */
export class SeatDemand {
  #now = 0;
  #highest = 0;
  #sum = 0;
  #squares = 0;
  #since: number;
  #changedAt: number;

  constructor(at: number) {
    this.#since = at;
    this.#changedAt = at;
  }

  change(by: number, at: number): void {
    this.#integrate(at);
    this.#now += by;
    if (this.#now > this.#highest) this.#highest = this.#now;
  }

  /** The statistics since the last call; undefined when no time has passed. */
  take(at: number): DemandStatistics | undefined {
    this.#integrate(at);
    const passed = at - this.#since;
    if (passed <= 0) return undefined;
    const average = this.#sum / passed;
    const variance = Math.max(this.#squares / passed - average ** 2, 0);
    const statistics = { highest: this.#highest, average, deviation: Math.sqrt(variance) };
    this.#highest = this.#now;
    [this.#sum, this.#squares, this.#since] = [0, 0, at];
    return statistics;
  }

  #integrate(at: number): void {
    const seatTime = this.#now * (at - this.#changedAt);
    this.#sum += seatTime;
    this.#squares += seatTime * this.#now;
    this.#changedAt = at;
  }
}
