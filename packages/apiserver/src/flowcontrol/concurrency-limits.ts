import type { PriorityLevelConfigurationSpec } from '@typernetes/api/flowcontrol/v1';

/** A level's seats: what it is due, what it keeps at least, what it may have at most. */
export interface SeatBounds {
  readonly nominal: number;
  readonly min: number;
  readonly max: number;
}

/**
 * Divides a server's seats by the levels' shares (upstream: NominalCL, MinCL, MaxCL). Each level's part is rounded up;
 * its lendable seats are subtracted for the minimum, its borrowing limit is added for the maximum.
 */
export function seatBounds(
  levels: readonly Pick<PriorityLevelConfigurationSpec, 'limited' | 'exempt'>[],
  serverSeats: number,
): SeatBounds[] {
  const parts = levels.map(({ limited, exempt }) => ({
    shares: limited ? (limited.nominalConcurrencyShares ?? 30) : (exempt?.nominalConcurrencyShares ?? 0),
    lendable: (limited ?? exempt)?.lendablePercent ?? 0,
    borrowing: limited?.borrowingLimitPercent,
  }));
  const sum = parts.reduce((total, { shares }) => total + shares, 0);
  return parts.map(({ shares, lendable, borrowing }) => {
    const nominal = sum === 0 ? 0 : Math.ceil((serverSeats * shares) / sum);
    const min = nominal - Math.round((nominal * lendable) / 100);
    const max = borrowing === undefined ? serverSeats : nominal + Math.round((nominal * borrowing) / 100);
    return { nominal, min, max };
  });
}

interface SeatDemand extends SeatBounds {
  /** The most seats that were in use or waited for of late. */
  readonly highest: number;
  /** The same with the memory of busier times. */
  readonly smoothed: number;
}

/** The weight of past demand after each period. */
const memory = 0.977;

/** A rise counts at once, a fall slowly. */
export function smoothedDemand(before: number, highest: number): number {
  return Math.max(highest, memory * before + (1 - memory) * highest);
}

/**
 * The seats of each level until the next adjustment: no level gets less than its minimum or, within its nominal share,
 * less than it just used; the rest is distributed in proportion to demand, up to each level's maximum.
 */
export function adjustedSeats(levels: readonly SeatDemand[], serverSeats: number): number[] {
  const floors = levels.map(({ min, nominal, highest }) => Math.max(min, Math.min(nominal, highest)));
  const held = floors.reduce((total, floor) => total + floor, 0);
  if (held >= serverSeats) return floors;
  const at = (factor: number): number[] =>
    levels.map(({ max, smoothed }, i) => Math.max(floors[i] ?? 0, Math.min(max, factor * Math.max(smoothed, 1))));
  const sumAt = (factor: number): number => at(factor).reduce((total, seats) => total + seats, 0);
  let [low, high] = [0, serverSeats];
  if (sumAt(high) <= serverSeats) return at(high).map(Math.round);
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    if (sumAt(middle) > serverSeats) high = middle;
    else low = middle;
  }
  return at(low).map(Math.round);
}
