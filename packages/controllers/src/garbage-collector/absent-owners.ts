import { type Identity, textOf } from './identity.ts';

/**
 * Remembers which owners do not exist, so that a thousand dependents cause one request. A uid never comes back, but
 * alone it is not a key: an object with a wrong reference to a living owner must not make the owner absent for those
 * with a correct one. Forgets the least recently used first.
 */
export class AbsentOwners {
  readonly #limit: number;
  readonly #known = new Set<string>();

  constructor(limit = 500) {
    this.#limit = limit;
  }

  has(owner: Identity): boolean {
    const key = textOf(owner);
    if (!this.#known.delete(key)) return false;
    this.#known.add(key);
    return true;
  }

  add(owner: Identity): void {
    const key = textOf(owner);
    this.#known.delete(key);
    this.#known.add(key);
    for (const oldest of this.#known) {
      if (this.#known.size <= this.#limit) return;
      this.#known.delete(oldest);
    }
  }
}
