import type { StoreEvent } from './store.ts';

/** One watcher's end: batches wait here until the watcher asks for them. */
class Subscription {
  readonly prefix: string;
  #waiting: (readonly StoreEvent[])[] = [];
  #wake: (() => void) | undefined;
  #ended = false;

  constructor(prefix: string) {
    this.prefix = prefix;
  }

  push(events: readonly StoreEvent[]): void {
    this.#waiting.push(events);
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async next(): Promise<readonly StoreEvent[] | undefined> {
    while (this.#waiting.length === 0) {
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    return this.#waiting.shift();
  }
}

/** Hands new events to every watcher, in the order of publication. Watchers never hold up a publisher. */
export class WatchHub {
  #subscriptions = new Set<Subscription>();
  #closed = false;

  publish(events: readonly StoreEvent[]): void {
    if (events.length === 0) return;
    for (const subscription of this.#subscriptions) {
      const matching = events.filter((event) => event.key.startsWith(subscription.prefix));
      if (matching.length > 0) subscription.push(matching);
    }
  }

  /**
   * `history` yields everything wanted that was published before; it is called when the first batch is asked for, and the
   * subscription begins at that same moment. The iterable ends when `signal` aborts or the hub closes.
   */
  async *watch(
    prefix: string,
    history: () => readonly StoreEvent[],
    signal: AbortSignal,
  ): AsyncGenerator<readonly StoreEvent[]> {
    const subscription = new Subscription(prefix);
    if (this.#closed || signal.aborted) return;
    const past = history();
    this.#subscriptions.add(subscription);
    const onAbort = (): void => subscription.end();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      if (past.length > 0) yield past;
      for (;;) {
        const events = await subscription.next();
        if (events === undefined || signal.aborted) return;
        yield events;
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#subscriptions.delete(subscription);
    }
  }

  close(): void {
    this.#closed = true;
    for (const subscription of this.#subscriptions) subscription.end();
  }
}
