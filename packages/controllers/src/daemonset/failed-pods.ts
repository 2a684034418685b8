import type { Clock } from '@typernetes/base';

const firstMs = 1000;
const mostMs = 15 * 60_000;

interface Entry {
  /** The DaemonSet, and the template that failed. */
  readonly of: string;
  readonly ms: number;
  readonly at: number;
}

/**
 * Failed pods of a node are replaced with growing delays, from a second to a quarter of an hour: otherwise a kubelet
 * that rejects pods would get new ones as fast as it can reject them (upstream: failedPodsBackoff).
 */
export class FailedPods {
  readonly #clock: Clock;
  /** By DaemonSet and node. */
  readonly #entries = new Map<string, Map<string, Entry>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds until the next failed pod of that node may be replaced. `of` names the life of the DaemonSet and its template. */
  remaining(set: string, node: string, of: string): number {
    const entry = this.#entry(set, node, of);
    return entry ? Math.max(0, entry.at + entry.ms - this.#clock.monotonic()) : 0;
  }

  /** A failed pod is being replaced. */
  next(set: string, node: string, of: string): void {
    const before = this.#entry(set, node, of);
    const ms = before ? Math.min(before.ms * 2, mostMs) : firstMs;
    const nodes = this.#entries.get(set) ?? new Map<string, Entry>();
    nodes.set(node, { of, ms, at: this.#clock.monotonic() });
    this.#entries.set(set, nodes);
  }

  forget(set: string): void {
    this.#entries.delete(set);
  }

  /** The node's entry, unless it is for another template or has expired. */
  #entry(set: string, node: string, of: string): Entry | undefined {
    const entry = this.#entries.get(set)?.get(node);
    return entry?.of === of && this.#clock.monotonic() - entry.at <= 2 * mostMs ? entry : undefined;
  }
}
