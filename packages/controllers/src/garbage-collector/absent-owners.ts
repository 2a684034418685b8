/** Remembers which owners the server said are not there, so that a thousand dependents ask once. The oldest are forgotten first. */
export class AbsentOwners {
  readonly #limit: number;
  readonly #known = new Set<string>();

  constructor(limit = 500) {
    this.#limit = limit;
  }

  has(uid: string): boolean {
    return this.#known.has(uid);
  }

  add(uid: string): void {
    this.#known.delete(uid);
    this.#known.add(uid);
    for (const oldest of this.#known) {
      if (this.#known.size <= this.#limit) return;
      this.#known.delete(oldest);
    }
  }
}
