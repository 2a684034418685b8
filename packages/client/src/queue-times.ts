import type { Clock } from '@typernetes/base';
import type { ObjectKey } from '@typernetes/machinery';

/** The current state of a queue, for metrics. In seconds. */
export interface QueueGauges {
  depth(): number;
  /** Summed over the keys that are being worked on: for how long. */
  unfinishedSeconds(): number;
  longestSeconds(): number;
}

/** Receives the events of a queue. */
export interface QueueSink {
  added(): void;
  /** A worker took a key that had waited for so long. */
  waited(seconds: number): void;
  worked(seconds: number): void;
  retried(): void;
}

/** Called once for each queue with the name of its controller. */
export type ObserveQueue = (name: string, gauges: QueueGauges) => QueueSink;

/** Takes the times of a queue's keys. */
export class QueueTimes {
  readonly #clock: Clock;
  readonly #waiting = new Map<ObjectKey, number>();
  readonly #held = new Map<ObjectKey, number>();
  readonly #sink: QueueSink;

  constructor(clock: Clock, observe: (gauges: QueueGauges) => QueueSink) {
    this.#clock = clock;
    const ages = (): number[] => [...this.#held.values()].map((since) => this.#since(since));
    this.#sink = observe({
      depth: () => this.#waiting.size,
      unfinishedSeconds: () => ages().reduce((sum, age) => sum + age, 0),
      longestSeconds: () => Math.max(0, ...ages()),
    });
  }

  /** A key came that was not waiting yet. */
  added(key: ObjectKey): void {
    if (this.#waiting.has(key)) return;
    this.#waiting.set(key, this.#clock.monotonic());
    this.#sink.added();
  }

  taken(key: ObjectKey): void {
    const since = this.#waiting.get(key);
    if (since !== undefined) this.#sink.waited(this.#since(since));
    this.#waiting.delete(key);
    this.#held.set(key, this.#clock.monotonic());
  }

  done(key: ObjectKey): void {
    const since = this.#held.get(key);
    if (since !== undefined) this.#sink.worked(this.#since(since));
    this.#held.delete(key);
  }

  retried(): void {
    this.#sink.retried();
  }

  #since(at: number): number {
    return (this.#clock.monotonic() - at) / 1000;
  }
}
