import type { Clock } from '@typernetes/base';

/** What is faster than this is told from the last one measured: looking at the clock twice would take its share of it. */
const quickSeconds = 0.0001;
/** Of quick ones one in so many is measured. */
const measuredEvery = 16;

/** How long something takes that is mostly done at once. */
export class SampledTime {
  readonly #clock: Pick<Clock, 'monotonic'>;
  #last = 1;
  #unmeasured = 0;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** For `took`. */
  began(): number {
    if (this.#last < quickSeconds && ++this.#unmeasured < measuredEvery) return Number.NaN;
    this.#unmeasured = 0;
    return this.#clock.monotonic();
  }

  /** In seconds: as long as the last one where this one was not measured. */
  took(since: number): number {
    if (!Number.isNaN(since)) this.#last = (this.#clock.monotonic() - since) / 1000;
    return this.#last;
  }
}
