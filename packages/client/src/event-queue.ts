import type { Clock, Logger } from '@typernetes/base';
import { fnv32a, reasonOf } from '@typernetes/machinery';
import type { EventPace } from './event-pace.ts';
import type { EventTarget } from './events.ts';

export interface EventQueueOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Once it aborts, a server that cannot be reached is not waited for any more. */
  readonly signal?: AbortSignal;
  /** Delays events for more urgent work; without it every event is written as soon as possible. */
  readonly pace?: EventPace;
}

/** What is waiting to be written. */
export interface Waiting {
  readonly target: EventTarget;
  readonly reason: string;
  /** When it happened, in milliseconds since the epoch. */
  readonly at: number;
}

/** Occurrences that wait beyond this number are dropped. */
const maxWaiting = 10_000;
/**
 * How many are written concurrently. Events about the same object are written in order, since the later may be counted
 * on the earlier.
 */
const laneCount = 8;
const attempts = 12;
const retryMs = 10_000;

interface Lane<T> {
  readonly waiting: T[];
  draining: Promise<void> | undefined;
}

/** Writes events in the background: each when its turn has come, again while the server cannot be reached. */
export class EventQueue<T extends Waiting> {
  readonly #options: EventQueueOptions;
  readonly #prepare: (item: T) => () => Promise<void>;
  readonly #lanes = Array.from({ length: laneCount }, (): Lane<T> => ({ waiting: [], draining: undefined }));
  #waitingCount = 0;

  /** `prepare` is called once for each, in order for each object, and returns what writes it. */
  constructor(options: EventQueueOptions, prepare: (item: T) => () => Promise<void>) {
    this.#options = options;
    this.#prepare = prepare;
  }

  push(item: T): void {
    if (this.#waitingCount >= maxWaiting) {
      this.#options.log.debug('Event dropped: too many are waiting', { reason: item.reason });
      return;
    }
    const { uid, namespace, name } = item.target.metadata;
    const lane = this.#lanes[laneOf(uid || `${namespace}/${name}`)] as Lane<T>;
    lane.waiting.push(item);
    this.#waitingCount++;
    lane.draining ??= Promise.resolve().then(() => this.#drain(lane));
  }

  async flush(): Promise<void> {
    await Promise.all(this.#lanes.map(({ draining }) => draining));
  }

  async #drain(lane: Lane<T>): Promise<void> {
    for (let next = lane.waiting.shift(); next; next = lane.waiting.shift()) {
      await this.#untilItMayGo(next);
      this.#waitingCount--;
      await this.#writeOrGiveUp(next);
    }
    lane.draining = undefined;
  }

  async #untilItMayGo({ at }: T): Promise<void> {
    const { pace } = this.#options;
    for (let ms = pace?.delay(at) ?? 0; ms > 0; ms = pace?.delay(at) ?? 0) if (!(await this.#paused(ms))) return;
  }

  async #writeOrGiveUp(item: T): Promise<void> {
    const write = this.#prepare(item);
    for (let attempt = 1; ; attempt++) {
      try {
        await write();
        return;
      } catch (error) {
        // The server's refusals are final; only an unreachable server is worth waiting for.
        if (reasonOf(error) !== undefined || attempt === attempts || !(await this.#paused(retryMs))) {
          this.#options.log.debug('Cannot write event', { reason: item.reason, cause: String(error) });
          return;
        }
      }
    }
  }

  /** Waits; false when there is nothing to wait for any more. */
  async #paused(ms: number): Promise<boolean> {
    const { clock, signal } = this.#options;
    try {
      await clock.sleep(ms, signal);
      return true;
    } catch (error) {
      if (signal?.aborted) return false;
      throw error;
    }
  }
}

/** The same lane for the same object, whatever happens to it. */
function laneOf(identity: string): number {
  return fnv32a(identity) % laneCount;
}
