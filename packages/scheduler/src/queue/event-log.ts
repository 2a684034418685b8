import type { ClusterEvent } from '../framework/cluster-event.ts';

/**
 * The events that happen while pods are being scheduled or bound: a pod that is refused at the end checks those it has
 * missed. Keeps no more than the oldest reader needs.
 */
export class EventLog {
  readonly #readers = new Map<string, number>();
  #events: ClusterEvent[] = [];
  /** How many events were dropped from the front. */
  #dropped = 0;

  /** How many pods are in progress: the readers. */
  get readers(): number {
    return this.#readers.size;
  }

  /** The events kept for them. */
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

  /** Removes a reader that needs no events. */
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
