import type { Clock } from '@typernetes/base';

/** Anything faster counts as the last measured one: reading the clock twice would cost a considerable part of it. */
const quickSeconds = 0.0001;
/** How many quick calls share one measurement. */
const measuredEvery = 16;

/** Measures the duration of something that mostly completes at once. */
export class SampledTime {
  readonly #clock: Pick<Clock, 'monotonic'>;
  #last = 1;
  #unmeasured = 0;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** The start time for `took`. */
  began(): number {
    if (this.#last < quickSeconds && ++this.#unmeasured < measuredEvery) return Number.NaN;
    this.#unmeasured = 0;
    return this.#clock.monotonic();
  }

  /** In seconds: the last measured duration if this call was not measured. */
  took(since: number): number {
    if (!Number.isNaN(since)) this.#last = (this.#clock.monotonic() - since) / 1000;
    return this.#last;
  }
}
