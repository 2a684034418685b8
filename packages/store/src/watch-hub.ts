import type { StoreEvent, WatchBatch } from './store.ts';

/** One watcher's queue: batches wait here until the watcher takes them. */
class Subscription {
  readonly prefix: string;
  #waiting: WatchBatch[] = [];
  #wake: (() => void) | undefined;
  #ended = false;

  constructor(prefix: string) {
    this.prefix = prefix;
  }

  push(batch: WatchBatch): void {
    this.#waiting.push(batch);
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async next(): Promise<WatchBatch | undefined> {
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
    const revision = events.at(-1)?.revision;
    if (revision === undefined) return;
    for (const subscription of this.#subscriptions)
      subscription.push({ revision, events: events.filter((event) => event.key.startsWith(subscription.prefix)) });
  }

  /**
   * `history` yields everything wanted that was published before; it is called when the first batch is asked for, and the
   * subscription begins at that same moment. The iterable ends when `signal` aborts or the hub closes.
   */
  async *watch(prefix: string, history: () => readonly StoreEvent[], signal: AbortSignal): AsyncGenerator<WatchBatch> {
    const subscription = new Subscription(prefix);
    if (this.#closed || signal.aborted) return;
    const past = history();
    this.#subscriptions.add(subscription);
    const onAbort = (): void => subscription.end();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const last = past.at(-1);
      if (last) yield { revision: last.revision, events: past };
      for (;;) {
        const batch = await subscription.next();
        if (batch === undefined || signal.aborted) return;
        yield batch;
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
