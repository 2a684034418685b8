import type { Device } from '@typernetes/api/resource/v1';
import {
  addQuantities,
  compareQuantities,
  parseQuantity,
  type Quantity,
  subtractQuantities,
} from '@typernetes/machinery';
import { deviceId, type Pool, type PooledDevice } from './pools.ts';

type Amounts = Map<string, Quantity>;

/**
 * The counters that devices of one piece of hardware share: each device consumes some of the pool's counters, and none
 * may become negative.
 */
export class CounterBook {
  readonly #isInUse: (device: string) => boolean;
  readonly #left = new Map<string, Amounts>();

  constructor(isInUse: (device: string) => boolean) {
    this.#isInUse = isInUse;
  }

  /** Takes what the device consumes; false, and nothing taken, if there is not enough. */
  take({ device, pool }: PooledDevice): boolean {
    const consumed = consumptionOf(device);
    if (consumed.length === 0) return true;
    const left = this.#of(pool);
    const isEnough = consumed.every(([counter, amount]) => {
      const rest = left.get(counter);
      return rest !== undefined && compareQuantities(rest, amount) >= 0;
    });
    if (!isEnough) return false;
    for (const [counter, amount] of consumed)
      left.set(counter, subtractQuantities(left.get(counter) as Quantity, amount));
    return true;
  }

  giveBack({ device, pool }: PooledDevice): void {
    const left = this.#of(pool);
    for (const [counter, amount] of consumptionOf(device))
      left.set(counter, addQuantities(left.get(counter) as Quantity, amount));
  }

  /** The pool's counters, less those of devices that are already allocated on any node. */
  #of(pool: Pool): Amounts {
    const known = this.#left.get(pool.id);
    if (known) return known;
    const left: Amounts = new Map();
    for (const { spec } of pool.slices)
      for (const { name, counters } of spec.sharedCounters ?? [])
        for (const [counter, { value }] of Object.entries(counters))
          left.set(`${name}/${counter}`, parseQuantity(value));
    for (const { spec } of pool.slices)
      for (const device of spec.devices ?? []) {
        if (!device.consumesCounters || !this.#isInUse(deviceId(spec.driver, spec.pool.name, device.name))) continue;
        for (const [counter, amount] of consumptionOf(device)) {
          const rest = left.get(counter);
          if (rest) left.set(counter, subtractQuantities(rest, amount));
        }
      }
    this.#left.set(pool.id, left);
    return left;
  }
}

function consumptionOf({ consumesCounters = [] }: Device): (readonly [string, Quantity])[] {
  return consumesCounters.flatMap(({ counterSet, counters }) =>
    Object.entries(counters).map(([counter, { value }]) => [`${counterSet}/${counter}`, parseQuantity(value)] as const),
  );
}
