interface Open {
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

/** The sockets and HTTP servers that are open, by what they are for. Each runs until it is closed or `stop` aborts. */
export class OpenParts {
  readonly #open = new Map<string, Open>();
  readonly #stop: AbortSignal;
  readonly #failed: (error: unknown) => void;

  /** `failed` is called with the error of a part that ends by itself. */
  constructor(stop: AbortSignal, failed: (error: unknown) => void) {
    this.#stop = stop;
    this.#failed = failed;
  }

  has(key: string): boolean {
    return this.#open.has(key);
  }

  get keys(): ReadonlySet<string> {
    return new Set(this.#open.keys());
  }

  /** Runs a part. Resolves once it has `begun`; rejects when it fails before that. */
  async add(key: string, run: (scope: AbortSignal) => Promise<void>, begun?: Promise<unknown>): Promise<void> {
    const own = new AbortController();
    const task = run(AbortSignal.any([this.#stop, own.signal]));
    await Promise.race([begun, task]);
    this.#open.set(key, { stop: own, done: task.catch(this.#failed) });
  }

  /** Closes all parts but the `wanted` ones, and waits until they have ended. */
  async closeOthers(wanted: ReadonlySet<string>): Promise<void> {
    const others = [...this.#open].filter(([key]) => !wanted.has(key));
    for (const [key, { stop }] of others) {
      stop.abort();
      this.#open.delete(key);
    }
    await Promise.all(others.map(([, { done }]) => done));
  }
}
