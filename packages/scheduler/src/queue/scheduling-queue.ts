import type { Pod } from '@typernetes/api/core/v1';
import type { Clock } from '@typernetes/base';
import type { ClusterEvent } from '../framework/cluster-event.ts';

/** A pod that waits for a node, and what was learnt about it. */
export interface QueuedPod {
  readonly pod: Pod;
  readonly attempts: number;
  /** Milliseconds since the epoch of its first enqueueing. */
  readonly since: number;
  /** Plugins that refused it at its last attempt. */
  readonly refusedBy: ReadonlySet<string>;
}

/** Decides whether an event may help a pod that `refusedBy` held back: asked of the plugins' wake-ups. */
export type WakeDecision = (waiting: QueuedPod, event: ClusterEvent) => boolean;

export interface QueueOptions {
  readonly clock: Clock;
  readonly wakes: WakeDecision;
  readonly initialBackoffMs?: number;
  readonly maxBackoffMs?: number;
  /** Unschedulable pods are tried again after this long even if no event woke them. */
  readonly maxUnschedulableMs?: number;
}

type Place = 'active' | 'backoff' | 'unschedulable' | 'in-flight' | 'gated';

interface Entry {
  queued: QueuedPod;
  place: Place;
  /** Order of arrival, to break ties of priority. */
  order: number;
  cancelTimer?: () => void;
  /** An event that arrived while the pod was being decided and that may help it. */
  woken: boolean;
}

/**
 * The pods that wait, in three places: active (by priority, then arrival), backing off (1 s doubling to 10 s), unschedulable
 * (until an event that may help, or five minutes). Guarantees: a pod is in one place; `take` never hands out a pod twice before
 * `done`, `retry` or `park`; an event that arrives while a pod is being decided is not lost for it.
 */
export class SchedulingQueue {
  readonly #options: Required<QueueOptions>;
  readonly #entries = new Map<string, Entry>();
  #active: Entry[] = [];
  #sorted = true;
  #order = 0;
  #waiting: ((value: undefined) => void) | undefined;
  #closed = false;

  constructor(options: QueueOptions) {
    this.#options = { initialBackoffMs: 1000, maxBackoffMs: 10_000, maxUnschedulableMs: 300_000, ...options };
  }

  /** Counts per place, for metrics. */
  count(place: Place): number {
    let count = 0;
    for (const entry of this.#entries.values()) if (entry.place === place) count++;
    return count;
  }

  /** A new pod. `gated` keeps it out of sight until an update without a gate. */
  add(pod: Pod, gated = false): void {
    this.delete(pod.metadata.uid);
    const queued: QueuedPod = { pod, attempts: 0, since: this.#options.clock.now(), refusedBy: new Set() };
    const entry: Entry = { queued, place: 'gated', order: this.#order++, woken: false };
    this.#entries.set(pod.metadata.uid, entry);
    if (!gated) this.#activate(entry);
  }

  /** The waiting pod's object changed: keeps its place, unless the change may help it. */
  update(pod: Pod, old: Pod, gated = false): void {
    const entry = this.#entries.get(pod.metadata.uid);
    if (!entry) {
      this.add(pod, gated);
      return;
    }
    entry.queued = { ...entry.queued, pod };
    if (entry.place === 'gated') {
      if (!gated) this.#activate(entry);
    } else this.#wake(entry, { type: 'pod-updated', pod, old });
  }

  delete(uid: string): void {
    const entry = this.#entries.get(uid);
    if (!entry) return;
    entry.cancelTimer?.();
    this.#entries.delete(uid);
    if (entry.place === 'active') this.#active = this.#active.filter((other) => other !== entry);
  }

  /** The cluster changed. */
  wake(event: ClusterEvent): void {
    for (const entry of this.#entries.values()) this.#wake(entry, event);
  }

  /** The next pod to decide on; waits for one. Undefined once closed. One taker at a time. */
  async take(): Promise<QueuedPod | undefined> {
    while (this.#active.length === 0 && !this.#closed) {
      await new Promise<undefined>((resolve) => {
        this.#waiting = resolve;
      });
    }
    if (this.#closed) return undefined;
    if (!this.#sorted) {
      // Best last, so that taking is a pop.
      this.#active.sort((a, b) => priorityOf(a) - priorityOf(b) || b.order - a.order);
      this.#sorted = true;
    }
    const entry = this.#active.pop() as Entry;
    entry.place = 'in-flight';
    entry.woken = false;
    entry.queued = { ...entry.queued, attempts: entry.queued.attempts + 1 };
    return entry.queued;
  }

  /** No node fits: parks the pod until an event may help. */
  park(uid: string, refusedBy: ReadonlySet<string>): void {
    const entry = this.#entries.get(uid);
    if (entry?.place !== 'in-flight') return;
    entry.queued = { ...entry.queued, refusedBy };
    if (entry.woken) {
      this.#backOff(entry);
      return;
    }
    entry.place = 'unschedulable';
    entry.cancelTimer = this.#options.clock.after(this.#options.maxUnschedulableMs, () => this.#activate(entry));
  }

  /** The attempt failed for a reason outside the cluster's state (the API refused a binding, say): tries again after back-off. */
  retry(uid: string): void {
    const entry = this.#entries.get(uid);
    if (entry?.place === 'in-flight') this.#backOff(entry);
  }

  /** The pod has a node. */
  done(uid: string): void {
    this.delete(uid);
  }

  close(): void {
    this.#closed = true;
    for (const entry of this.#entries.values()) entry.cancelTimer?.();
    this.#waiting?.(undefined);
  }

  #wake(entry: Entry, event: ClusterEvent): void {
    if (entry.place === 'in-flight') {
      // Its verdict is not known yet: any event may turn out to matter.
      entry.woken = true;
    } else if (entry.place === 'unschedulable' && this.#options.wakes(entry.queued, event)) {
      entry.cancelTimer?.();
      this.#backOff(entry);
    }
  }

  #backOff(entry: Entry): void {
    const { initialBackoffMs, maxBackoffMs, clock } = this.#options;
    const delay = Math.min(initialBackoffMs * 2 ** Math.max(0, entry.queued.attempts - 1), maxBackoffMs);
    entry.place = 'backoff';
    entry.cancelTimer = clock.after(delay, () => this.#activate(entry));
  }

  #activate(entry: Entry): void {
    entry.cancelTimer?.();
    entry.cancelTimer = undefined;
    entry.place = 'active';
    this.#active.push(entry);
    this.#sorted = false;
    this.#waiting?.(undefined);
  }
}

function priorityOf(entry: Entry): number {
  return entry.queued.pod.spec.priority ?? 0;
}
