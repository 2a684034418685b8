import type { ClusterEvent } from '../framework/cluster-event.ts';

/**
 * The events that happened while pods were being decided or bound: whoever is refused at the end reads what it has missed. Keeps
 * no more than the oldest reader needs.
 */
export class EventLog {
  readonly #readers = new Map<string, number>();
  #events: ClusterEvent[] = [];
  /** How many events were dropped from the front. */
  #dropped = 0;

  /** How many pods are on their way: the readers. */
  get readers(): number {
    return this.#readers.size;
  }

  /** What is kept for them. */
  get events(): readonly ClusterEvent[] {
    return this.#events;
  }

  begin(reader: string): void {
    this.#readers.delete(reader);
    this.#readers.set(reader, this.#dropped + this.#events.length);
  }

  append(event: ClusterEvent): void {
    if (this.#readers.size > 0) this.#events.push(event);
  }

  /** Ends the reading; returns what happened since `begin`. */
  end(reader: string): readonly ClusterEvent[] {
    const since = this.#readers.get(reader);
    if (since === undefined) return [];
    this.#readers.delete(reader);
    const missed = this.#events.length === 0 ? [] : this.#events.slice(since - this.#dropped);
    this.#trim();
    return missed;
  }

  /** Ends the reading of one that missed nothing it cares for. */
  drop(reader: string): void {
    if (this.#readers.delete(reader)) this.#trim();
  }

  #trim(): void {
    if (this.#readers.size === 0) {
      this.#dropped += this.#events.length;
      this.#events = [];
      return;
    }
    // Readers are in the order of their beginning: the first is the oldest. Worth it only now and then.
    const [oldest] = this.#readers.values();
    const needless = (oldest as number) - this.#dropped;
    if (needless < 1000) return;
    this.#events = this.#events.slice(needless);
    this.#dropped += needless;
  }
}
