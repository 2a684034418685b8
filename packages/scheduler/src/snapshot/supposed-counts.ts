import type { DomainCounts } from './pod-count.ts';

/** The snapshot's counts with temporary changes: exact again once every shift is undone. */
export class SupposedCounts {
  readonly #base: DomainCounts;
  #shifts: Map<string, number> | undefined;

  constructor(base: DomainCounts) {
    this.#base = base;
  }

  at(value: string): number {
    const count = this.#base.get(value) ?? 0;
    return this.#shifts ? count + (this.#shifts.get(value) ?? 0) : count;
  }

  /** Whether all counts are zero. */
  get isEmpty(): boolean {
    if (!this.#shifts || this.#shifts.size === 0) return this.#base.size === 0;
    for (const value of [...this.#base.keys(), ...this.#shifts.keys()]) if (this.at(value) > 0) return false;
    return true;
  }

  shift(value: string, by: number): void {
    this.#shifts ??= new Map();
    const shift = (this.#shifts.get(value) ?? 0) + by;
    if (shift === 0) this.#shifts.delete(value);
    else this.#shifts.set(value, shift);
  }

  get shifted(): boolean {
    return this.#shifts !== undefined && this.#shifts.size > 0;
  }
}
