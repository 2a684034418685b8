import type { CapacityRequestPolicy, CapacityRequirements, Device } from '@typernetes/api/resource/v1';
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  type Quantity,
  subtractQuantities,
  zeroQuantity,
} from '@typernetes/machinery';
import type { PooledDevice } from './pools.ts';

export type Amounts = ReadonlyMap<string, Quantity>;

/**
 * A request's share of a device that several claims may use, by capacity name; undefined if the device has too little,
 * or does not give that much to one. If nothing is requested, the default of the device's policy, or all of it.
 */
export function shareOf({ capacity = {} }: Device, { requests = {} }: CapacityRequirements = {}): Amounts | undefined {
  if (Object.keys(requests).some((name) => !Object.hasOwn(capacity, name))) return undefined;
  const share = new Map<string, Quantity>();
  for (const [name, { value, requestPolicy }] of Object.entries(capacity)) {
    const asked = requests[name];
    const amount = amountOf(
      asked === undefined ? undefined : parseQuantity(asked),
      parseQuantity(value),
      requestPolicy,
    );
    if (!amount) return undefined;
    share.set(name, amount);
  }
  return share;
}

function amountOf(
  asked: Quantity | undefined,
  all: Quantity,
  policy: CapacityRequestPolicy = {},
): Quantity | undefined {
  const amount = asked ?? (policy.default === undefined ? all : parseQuantity(policy.default));
  const rounded = roundedUp(amount, policy);
  return rounded && compareQuantities(rounded, all) <= 0 ? rounded : undefined;
}

/** Rounded up to an amount that the device offers; undefined if there is none. */
function roundedUp(amount: Quantity, { validValues, validRange }: CapacityRequestPolicy): Quantity | undefined {
  if (validValues?.length) {
    const values = validValues.map((value) => parseQuantity(value)).sort(compareQuantities);
    return values.find((value) => compareQuantities(value, amount) >= 0);
  }
  if (!validRange) return amount;
  const min = parseQuantity(validRange.min);
  let rounded = compareQuantities(amount, min) < 0 ? min : amount;
  if (validRange.step !== undefined) {
    const step = parseQuantity(validRange.step).nanos;
    const rest = step > 0n ? (rounded.nanos - min.nanos) % step : 0n;
    if (rest > 0n) rounded = { ...rounded, nanos: rounded.nanos + step - rest };
  }
  const tooMuch = validRange.max !== undefined && compareQuantities(rounded, parseQuantity(validRange.max)) > 0;
  return tooMuch ? undefined : rounded;
}

/** The shares that claims have of shared devices. */
export class ShareBook {
  readonly #consumed: (device: string, capacity: string) => Quantity;
  /** Taken during this search, by device and capacity. */
  readonly #taken = new Map<string, Map<string, Quantity>>();

  /** `consumed` returns what was allocated before. */
  constructor(consumed: (device: string, capacity: string) => Quantity) {
    this.#consumed = consumed;
  }

  /** Returns false, and takes nothing, if not enough is left. */
  take({ id, device }: PooledDevice, share: Amounts): boolean {
    const taken = this.#taken.get(id) ?? new Map<string, Quantity>();
    for (const [name, amount] of share) {
      const all = parseQuantity(device.capacity?.[name]?.value ?? '0');
      const before = addQuantities(this.#consumed(id, name), taken.get(name) ?? zeroQuantity);
      if (compareQuantities(addQuantities(before, amount), all) > 0) return false;
    }
    for (const [name, amount] of share) taken.set(name, addQuantities(taken.get(name) ?? zeroQuantity, amount));
    this.#taken.set(id, taken);
    return true;
  }

  giveBack({ id }: PooledDevice, share: Amounts): void {
    const taken = this.#taken.get(id);
    for (const [name, amount] of share) taken?.set(name, subtractQuantities(taken.get(name) ?? zeroQuantity, amount));
  }
}

/** In the format of allocation results. */
export const amountTexts = (share: Amounts): Record<string, string> =>
  Object.fromEntries([...share].map(([name, amount]) => [name, formatQuantity(amount)]));
