import { type Observations, type Pressure, pressureOf, resourceOf } from './signals.ts';
import { isMet, type Threshold } from './thresholds.ts';

/** The state kept between checks; times in milliseconds. */
export interface PressureState {
  /** Since when thresholds are met. */
  readonly since: ReadonlyMap<Threshold, number>;
  /** When conditions were last seen. */
  readonly seenAt: ReadonlyMap<Pressure, number>;
  /** Thresholds that were acted upon and are not resolved yet. */
  readonly acting: readonly Threshold[];
}

export const noPressure: PressureState = { since: new Map(), seenAt: new Map(), acting: [] };

interface PressureVerdict extends PressureState {
  /** The conditions that the node has: for the transition period after they were last seen, so that they do not flap. */
  readonly conditions: readonly Pressure[];
}

/**
 * The conclusions from one check of the machine (upstream: synchronize). `acting` are the thresholds whose grace period
 * is over, memory first.
 */
export function judgePressure(
  before: PressureState,
  thresholds: readonly Threshold[],
  look: { readonly observations: Observations; readonly now: number; readonly transitionMs: number },
): PressureVerdict {
  const { observations, now } = look;
  const met = thresholds.filter((threshold) => {
    const observation = observations.get(threshold.signal);
    return observation !== undefined && isMet(threshold, observation, before.acting.includes(threshold));
  });
  const since = new Map(met.map((threshold) => [threshold, before.since.get(threshold) ?? now]));
  const seenAt = new Map([...before.seenAt, ...met.map(({ signal }) => [pressureOf(signal), now] as const)]);
  const conditions = [...seenAt].filter(([, at]) => at === now || now - at < look.transitionMs).map(([type]) => type);
  const due = met.filter((threshold) => now - (since.get(threshold) ?? now) >= threshold.graceMs);
  return { since, seenAt, conditions, acting: due.sort((a, b) => rank(a) - rank(b)) };
}

const rank = ({ signal }: Threshold): number => (resourceOf(signal) === 'memory' ? 0 : 1);
