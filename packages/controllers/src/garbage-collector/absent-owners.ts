import { type Identity, textOf } from './identity.ts';

/**
 * Remembers which owners are not there, so that a thousand dependents ask once. A uid never comes back, but that alone is
 * no key: an object that names a living owner wrongly must not make it absent for those that name it rightly.
 * What was not asked about for longest is forgotten first.
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
