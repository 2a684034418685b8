import { ipAddressText, parseIpAddress, type Random } from '@typernetes/base';
import type { AddressRange } from './address-range.ts';
import { reservedBand } from './number-pool.ts';

/** No more than this many addresses are chosen from: more would not fit into a number. */
const widest = 2 ** 40;

/**
 * The addresses of a range. All pools share the set of allocated addresses, since ranges may overlap. Free addresses
 * are chosen at random, above a band reserved for explicit requests.
 */
export class AddressPool {
  readonly range: AddressRange;
  readonly #size: number;
  readonly #band: number;
  readonly #random: Random;
  readonly #taken: Set<string>;

  constructor(range: AddressRange, { random, taken }: { readonly random: Random; readonly taken: Set<string> }) {
    this.range = range;
    this.#random = random;
    this.#taken = taken;
    this.#size = Number(
      range.last - range.first + 1n > BigInt(widest) ? BigInt(widest) : range.last - range.first + 1n,
    );
    this.#band = reservedBand(this.#size, { min: 16, max: 256, step: 16 });
  }

  /** How many are allocated, and how many there are. */
  get taken(): number {
    let count = 0;
    for (const address of this.#taken) if (this.contains(address)) count++;
    return count;
  }

  get size(): number {
    return this.#size;
  }

  contains(text: string): boolean {
    const { bits, first, last } = this.range;
    const address = parseIpAddress(text);
    return address?.bits === bits && address.value >= first && address.value <= last;
  }

  /** False if it is allocated already. */
  take(text: string): boolean {
    if (this.#taken.has(text)) return false;
    this.#taken.add(text);
    return true;
  }

  /** An address that was free; undefined when the range is full. */
  takeAny(): string | undefined {
    return this.#anyIn(this.#band, this.#size) ?? this.#anyIn(0, this.#band);
  }

  #anyIn(from: number, to: number): string | undefined {
    const size = to - from;
    const start = Math.floor(this.#random.next() * size);
    for (let i = 0; i < size; i++) {
      const offset = BigInt(from + ((start + i) % size));
      const text = ipAddressText({ bits: this.range.bits, value: this.range.first + offset });
      if (this.take(text)) return text;
    }
    return undefined;
  }
}
