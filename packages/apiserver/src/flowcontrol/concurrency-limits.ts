import type { PriorityLevelConfigurationSpec } from '@typernetes/api/flowcontrol/v1';
import type { DemandStatistics } from './seat-demand.ts';

/** A level's seats: what it is due, what it keeps at least, what it may have at most. */
export interface SeatBounds {
  readonly nominal: number;
  readonly min: number;
  readonly max: number;
}

/**
 * Divides a server's seats by the levels' shares (upstream: NominalCL, MinCL, MaxCL). Each level's part is rounded up;
 * its lendable seats are subtracted for the minimum, its borrowing limit (default: all of the server's) is added for the
 * maximum.
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
    const max = nominal + (borrowing === undefined ? serverSeats : Math.round((nominal * borrowing) / 100));
    return { nominal, min, max };
  });
}

interface LevelDemand extends SeatBounds {
  /** The most seats that were in use or waited for of late. */
  readonly highest: number;
  /** What `smoothedDemand` makes of it. */
  readonly smoothed: number;
}

/** The weight of past demand after each period. */
const memory = 0.977;

/** The usual demand of a period and a deviation more: a rise counts at once, a fall slowly. */
export function smoothedDemand(before: number, { average, deviation }: Omit<DemandStatistics, 'highest'>): number {
  const envelope = average + deviation;
  return Math.max(envelope, memory * before + (1 - memory) * envelope);
}

interface SeatDivision {
  /** Of each level, until the next adjustment. */
  readonly seats: readonly number[];
  /** What each level is due before its bounds are looked at. */
  readonly targets: readonly number[];
  /** The part of its target that a level gets unless a bound is in the way. */
  readonly fairPart: number;
}

/** Levels that want nothing still have a say, if there is nobody else. */
const leastTarget = 0.001;

/**
 * Divides `total` seats anew: no level gets less than its minimum or, within its nominal share, less than it just used;
 * beyond that each gets the same part of what it wants, up to its maximum. The parts add up to `total` if the bounds allow.
 */
export function dividedSeats(levels: readonly LevelDemand[], total: number): SeatDivision {
  const wanted = levels.map(({ min, max, nominal, highest, smoothed }) => {
    const floor = Math.max(min, Math.min(nominal, highest));
    const target = Math.max(floor, smoothed);
    return { floor, max, target, weight: Math.max(target, leastTarget) };
  });
  const at = (part: number): number[] =>
    wanted.map(({ floor, max, weight }) => Math.max(floor, Math.min(max, part * weight)));
  const sumAt = (part: number): number => at(part).reduce((sum, seats) => sum + seats, 0);
  // Between two of these parts, at which a bound begins or ceases to hold, the sum grows evenly.
  const turns = wanted.flatMap(({ floor, max, weight }) => [floor / weight, max / weight]).sort((a, b) => a - b);
  let fairPart = turns[0] ?? 0;
  for (const turn of turns) {
    const [low, high] = [sumAt(fairPart), sumAt(turn)];
    if (low >= total) break;
    fairPart = high <= total ? turn : fairPart + ((turn - fairPart) * (total - low)) / (high - low);
  }
  return { seats: at(fairPart).map(Math.round), targets: wanted.map(({ target }) => target), fairPart };
}
