import type { Clock } from '@typernetes/base';

/** When the next event may be written. */
export interface EventPace {
  /** Milliseconds until it is worth asking again for an event that was recorded at `at`; 0: now, which counts as written. */
  delay(at: number): number;
}

export interface EventPaceOptions {
  readonly clock: Clock;
  /** Whether something is under way that others wait for, and that events would hold up. */
  readonly isBusy: () => boolean;
}

/** What passes however busy we are: the rate that upstream's clients have for all their events, 50 a second and 100 at once. */
const perSecond = 50;
const burst = 100;
/** Nothing urgent for so long: the crowd is over. */
const quietMs = 50;
/** No event waits longer for others. */
const maxDelayMs = 10_000;

/**
 * Lets events go at once unless there is a crowd: those beyond upstream's rate give way to what is urgent, for ten seconds at most.
 * So the pods of a burst are bound first, and their events are told right afterwards.
 */
export function eventPace({ clock, isBusy }: EventPaceOptions): EventPace {
  let tokens = burst;
  let refilledAt = clock.monotonic();
  let busyAt = Number.NEGATIVE_INFINITY;
  return {
    delay(at) {
      const now = clock.monotonic();
      tokens = Math.min(burst, tokens + ((now - refilledAt) * perSecond) / 1000);
      refilledAt = now;
      if (isBusy()) busyAt = now;
      const isLate = clock.now() - at >= maxDelayMs;
      if (tokens < 1 && !isLate && now - busyAt < quietMs) return quietMs;
      tokens = Math.max(0, tokens - 1);
      return 0;
    },
  };
}
