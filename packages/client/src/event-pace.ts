import type { Clock } from '@typernetes/base';

/** When the next event may be written. */
export interface EventPace {
  /**
   * Milliseconds until it is worth asking again for an event recorded at `at`; 0: it may be written now, and counts as
   * written.
   */
  delay(at: number): number;
}

export interface EventPaceOptions {
  readonly clock: Clock;
  /** Whether something is under way that others wait for, and that events would hold up. */
  readonly isBusy: () => boolean;
}

/** The rate that is always allowed: that of upstream's clients for all their events, 50 a second and 100 at once. */
const perSecond = 50;
const burst = 100;
/** After this long without urgent work, the load is over. */
const quietMs = 50;
/** No event waits longer for others. */
const maxDelayMs = 10_000;

/**
 * Lets events be written at once unless there is urgent work: then those beyond upstream's rate are delayed, for ten
 * seconds at most. So the pods of a burst are bound first, and their events follow right afterwards.
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
