import type { RuntimeEvent } from '../messages.ts';

/** Delivers each event to everyone subscribed at that moment. */
export class EventFeed {
  readonly #subscribers = new Set<(event: RuntimeEvent) => void>();

  publish(event: RuntimeEvent): void {
    for (const take of this.#subscribers) take(event);
  }

  async *subscribe(signal: AbortSignal, onSubscribed?: () => void): AsyncGenerator<RuntimeEvent> {
    const queue: RuntimeEvent[] = [];
    let more = Promise.withResolvers<void>();
    const take = (event: RuntimeEvent): void => {
      queue.push(event);
      more.resolve();
    };
    const end = (): void => more.resolve();
    this.#subscribers.add(take);
    signal.addEventListener('abort', end, { once: true });
    onSubscribed?.();
    try {
      while (!signal.aborted) {
        for (let event = queue.shift(); event; event = queue.shift()) yield event;
        await more.promise;
        more = Promise.withResolvers();
      }
    } finally {
      this.#subscribers.delete(take);
      signal.removeEventListener('abort', end);
    }
  }
}
