import type { Pod } from '@typernetes/api/core/v1';
import type { Clock } from '@typernetes/base';
import type { ClusterEvent } from '../framework/cluster-event.ts';
import type { QueueOrder } from '../framework/plugin.ts';
import { EventLog } from './event-log.ts';
import { Heap } from './heap.ts';

/** A pod that waits for a node, and the results of its attempts. */
export interface QueuedPod extends QueueOrder {
  readonly attempts: number;
  /** Plugins that refused it at its last attempt, or keep it out of the queue. */
  readonly refusedBy: ReadonlySet<string>;
  /** Tried again only because it had waited too long: no event has woken it. */
  readonly flushed?: boolean;
}

/** The plugins' decisions about the queue. */
export interface QueuePolicy {
  /** Negative when `a` goes first. */
  compare(a: QueueOrder, b: QueueOrder): number;
  /** The plugin that keeps the pod out of the queue, if one does. */
  gate(pod: Pod): string | undefined;
  /** The plugins that an event concerns at all, whatever the pod. */
  concerned(event: ClusterEvent): ReadonlySet<string>;
  /** Whether the event may help a pod that `refusedBy` held back. */
  helps(waiting: QueuedPod, event: ClusterEvent): boolean;
}

export interface QueueOptions {
  readonly clock: Clock;
  readonly policy: QueuePolicy;
  readonly initialBackoffMs?: number;
  readonly maxBackoffMs?: number;
  /** Unschedulable pods are tried again after this long even if no event woke them. */
  readonly maxUnschedulableMs?: number;
  /** A pod entered one of the queues because of `event`. For metrics. */
  incoming?(place: Place, event: string): void;
}

export type Place = 'active' | 'backoff' | 'unschedulable' | 'gated' | 'in-flight';

interface Entry {
  queued: QueuedPod;
  place: Place;
  /** Order of arrival, to break ties. */
  readonly order: number;
  /** In ms of the monotonic clock: when it was last refused, and when its back-off ends. */
  refusedAt: number;
  readyAt: number;
  /** Backing off because of an error of ours or the API's: not tried before time, however idle we are. */
  failed: boolean;
}

/**
 * The waiting pods: active (in the order of the sorting plugin, then of arrival), backing off (1 s doubling to 10 s, or
 * until there is nothing else to do), unschedulable (until an event that may help, or five minutes), gated. Guarantees:
 * a pod is in one place; `take` never returns a pod twice before `done`, `retry` or `park`; an event that arrives while
 * a pod is being scheduled or bound is not lost for it.
 */
export class SchedulingQueue {
  readonly #options: Required<Omit<QueueOptions, 'incoming'>> & Pick<QueueOptions, 'incoming'>;
  readonly #entries = new Map<string, Entry>();
  readonly #active: Heap<Entry>;
  readonly #backoff = new Heap<Entry>((a, b) => a.readyAt - b.readyAt || a.order - b.order);
  /** The unschedulable and gated pods, which events may wake. */
  readonly #parked = new Map<string, Entry>();
  readonly #log = new EventLog();
  #cancelTimer: (() => void) | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #cancelFlush: (() => void) | undefined;
  #order = 0;
  #waiting: (() => void) | undefined;
  #closed = false;

  constructor(options: QueueOptions) {
    this.#options = { initialBackoffMs: 1000, maxBackoffMs: 10_000, maxUnschedulableMs: 300_000, ...options };
    const { compare } = options.policy;
    this.#active = new Heap((a, b) => compare(a.queued, b.queued) || a.order - b.order);
  }

  /** Counts per place, for metrics. */
  count(place: Place): number {
    if (place === 'active') return this.#active.size;
    if (place === 'backoff') return this.#backoff.size;
    let count = 0;
    for (const entry of this.#entries.values()) if (entry.place === place) count++;
    return count;
  }

  /** The parked pods with what holds them back, for metrics. */
  *parked(): Generator<QueuedPod> {
    for (const { queued } of this.#parked.values()) yield queued;
  }

  /** All pods that wait, in the order in which they came. */
  *waiting(): Generator<{ readonly pod: Pod; readonly place: Place }> {
    for (const { queued, place } of this.#entries.values()) yield { pod: queued.pod, place };
  }

  /** The kept events by name, with their number, and the pods in progress as `PodPop`. For metrics. */
  inflight(): ReadonlyMap<string, number> {
    const counts = new Map([['PodPop', this.#log.readers]]);
    for (const event of this.#log.events) {
      const name = eventName(event);
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return counts;
  }

  /** A new pod. */
  add(pod: Pod): void {
    this.delete(pod.metadata.uid);
    const now = this.#options.clock.monotonic();
    const queued: QueuedPod = { pod, attempts: 0, since: now, refusedBy: new Set() };
    const entry: Entry = { queued, place: 'gated', order: this.#order++, refusedAt: now, readyAt: 0, failed: false };
    this.#entries.set(pod.metadata.uid, entry);
    this.#activate(entry, 'PodAdd');
  }

  /** The waiting pod's object changed: keeps its place, unless the change may help it. */
  update(pod: Pod, old: Pod): void {
    const entry = this.#entries.get(pod.metadata.uid);
    if (!entry) {
      this.add(pod);
      return;
    }
    const resort = entry.place === 'active' && pod.spec.priority !== entry.queued.pod.spec.priority;
    if (resort) this.#active.remove(entry);
    entry.queued = { ...entry.queued, pod };
    if (resort) this.#active.push(entry);
    const event: ClusterEvent = { resource: 'WaitingPod', action: 'update', object: pod, old };
    if (this.#parked.has(pod.metadata.uid)) this.#wake(entry, event);
    else if (entry.place === 'in-flight') this.#log.append(event);
  }

  has(uid: string): boolean {
    return this.#entries.has(uid);
  }

  delete(uid: string): void {
    const entry = this.#entries.get(uid);
    if (!entry) return;
    this.#entries.delete(uid);
    this.#leave(entry);
  }

  /** The cluster changed. */
  wake(event: ClusterEvent): void {
    this.#log.append(event);
    if (this.#parked.size === 0) return;
    const concerned = this.#options.policy.concerned(event);
    if (concerned.size === 0) return;
    for (const entry of [...this.#parked.values()]) {
      for (const plugin of entry.queued.refusedBy) {
        if (!concerned.has(plugin)) continue;
        this.#wake(entry, event);
        break;
      }
    }
  }

  /** The next pod to decide on, if one is ready. */
  takeNow(): QueuedPod | undefined {
    if (this.#closed) return undefined;
    const entry = this.#active.pop() ?? this.#idleBackoff();
    if (!entry) return undefined;
    entry.place = 'in-flight';
    entry.queued = { ...entry.queued, attempts: entry.queued.attempts + 1 };
    this.#log.begin(entry.queued.pod.metadata.uid);
    return entry.queued;
  }

  /** The next pod to decide on; waits for one. Undefined once closed. One taker at a time. */
  async take(): Promise<QueuedPod | undefined> {
    for (;;) {
      const next = this.takeNow();
      if (next || this.#closed) return next;
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
  }

  /** No node fits: parks the pod until an event may help. */
  park(uid: string, refusedBy: ReadonlySet<string>): void {
    const entry = this.#entries.get(uid);
    const missed = this.#log.end(uid);
    if (entry?.place !== 'in-flight') return;
    entry.queued = { ...entry.queued, refusedBy, flushed: false };
    entry.failed = false;
    this.#refused(entry);
    const helping = missed.find((event) => this.#helps(entry, event));
    if (helping || refusedBy.size === 0) this.#requeue(entry, helping ? eventName(helping) : 'ScheduleAttemptFailure');
    else this.#park(entry, 'unschedulable', 'ScheduleAttemptFailure');
  }

  /**
   * The attempt failed for a reason outside the cluster's state (for example, the API refused a binding): retries after
   * back-off.
   */
  retry(uid: string): void {
    const entry = this.#entries.get(uid);
    this.#log.drop(uid);
    if (entry?.place !== 'in-flight') return;
    entry.failed = true;
    this.#refused(entry);
    this.#requeue(entry, 'ScheduleAttemptFailure');
  }

  /** The pod's reason for waiting is gone, whatever the plugins say: retries at once. */
  activate(uid: string): void {
    const entry = this.#entries.get(uid);
    if (entry && (this.#parked.has(uid) || entry.place === 'backoff')) this.#activate(entry, 'ForceActivate');
  }

  /** The plugin may let the pod through now, if the pod was in progress. */
  ungate(uid: string, plugin: string): void {
    const entry = this.#entries.get(uid);
    if (entry?.place === 'gated' && entry.queued.refusedBy.has(plugin)) this.#requeue(entry, 'Ungate');
  }

  /** The pod has a node. */
  done(uid: string): void {
    this.delete(uid);
  }

  close(): void {
    this.#closed = true;
    this.#cancelTimer?.();
    this.#cancelFlush?.();
    this.#waiting?.();
  }

  #leave(entry: Entry): void {
    const { uid } = entry.queued.pod.metadata;
    if (entry.place === 'active') this.#active.remove(entry);
    else if (entry.place === 'backoff') this.#backoff.remove(entry);
    else if (entry.place === 'in-flight') this.#log.drop(uid);
    else this.#parked.delete(uid);
  }

  #helps(entry: Entry, event: ClusterEvent): boolean {
    const own = event.resource !== 'WaitingPod' || event.object.metadata.uid === entry.queued.pod.metadata.uid;
    return own && this.#options.policy.helps(entry.queued, event);
  }

  #wake(entry: Entry, event: ClusterEvent): void {
    if (this.#helps(entry, event)) this.#requeue(entry, eventName(event));
  }

  #refused(entry: Entry): void {
    const { initialBackoffMs, maxBackoffMs, clock } = this.#options;
    entry.refusedAt = clock.monotonic();
    const delay = Math.min(initialBackoffMs * 2 ** Math.min(30, Math.max(0, entry.queued.attempts - 1)), maxBackoffMs);
    entry.readyAt = entry.refusedAt + delay;
  }

  /** Makes the pod active again, once its back-off is over. */
  #requeue(entry: Entry, event: string): void {
    if (entry.readyAt <= this.#options.clock.monotonic()) {
      this.#activate(entry, event);
      return;
    }
    if (this.#isGated(entry)) return;
    this.#leave(entry);
    entry.place = 'backoff';
    this.#backoff.push(entry);
    this.#options.incoming?.('backoff', event);
    this.#schedule();
    if (this.#active.size === 0 && !entry.failed) this.#waiting?.();
  }

  #activate(entry: Entry, event: string): void {
    if (this.#isGated(entry)) return;
    this.#leave(entry);
    entry.place = 'active';
    this.#active.push(entry);
    this.#options.incoming?.('active', event);
    this.#waiting?.();
  }

  #isGated(entry: Entry): boolean {
    const plugin = this.#options.policy.gate(entry.queued.pod);
    if (plugin === undefined) return false;
    entry.queued = { ...entry.queued, refusedBy: new Set([...entry.queued.refusedBy, plugin]) };
    this.#park(entry, 'gated', 'PodAdd');
    return true;
  }

  #park(entry: Entry, place: 'unschedulable' | 'gated', event: string): void {
    if (entry.place === place && this.#parked.has(entry.queued.pod.metadata.uid)) return;
    this.#leave(entry);
    entry.place = place;
    this.#parked.set(entry.queued.pod.metadata.uid, entry);
    this.#options.incoming?.(place, event);
    if (place === 'unschedulable') this.#scheduleFlush();
  }

  /** With nothing else to do, the pod whose back-off ends first: waiting would not help. */
  #idleBackoff(): Entry | undefined {
    const first = this.#backoff.peek();
    if (!first || first.failed) return undefined;
    return this.#backoff.pop();
  }

  /** One timer, for the first whose back-off ends. */
  #schedule(): void {
    const first = this.#backoff.peek();
    const { clock } = this.#options;
    if (!first || this.#closed || first.readyAt >= this.#timerAt) return;
    this.#cancelTimer?.();
    this.#timerAt = first.readyAt;
    this.#cancelTimer = clock.after(Math.max(0, first.readyAt - clock.monotonic()), () => {
      this.#timerAt = Number.POSITIVE_INFINITY;
      const now = clock.monotonic();
      for (let next = this.#backoff.peek(); next && next.readyAt <= now; next = this.#backoff.peek()) {
        this.#activate(next, 'BackoffComplete');
      }
      this.#schedule();
    });
  }

  /** No pod waits for events for ever: those that were parked too long are retried. The first parked is the oldest. */
  #scheduleFlush(): void {
    if (this.#cancelFlush || this.#closed) return;
    const { clock, maxUnschedulableMs } = this.#options;
    const oldest = this.#oldestUnschedulable();
    if (!oldest) return;
    this.#cancelFlush = clock.after(Math.max(0, oldest.refusedAt + maxUnschedulableMs - clock.monotonic()), () => {
      this.#cancelFlush = undefined;
      const now = clock.monotonic();
      for (const entry of [...this.#parked.values()]) {
        if (entry.place !== 'unschedulable' || entry.refusedAt + maxUnschedulableMs > now) continue;
        entry.queued = { ...entry.queued, flushed: true };
        this.#requeue(entry, 'UnschedulableTimeout');
      }
      this.#scheduleFlush();
    });
  }

  #oldestUnschedulable(): Entry | undefined {
    for (const entry of this.#parked.values()) if (entry.place === 'unschedulable') return entry;
    return undefined;
  }
}

const actionNames = { add: 'Add', update: 'Update', delete: 'Delete' } as const;

/** `AssignedPodDelete`: the event's name in metrics. */
function eventName({ resource, action }: ClusterEvent): string {
  return `${resource === 'WaitingPod' ? 'UnscheduledPod' : resource}${actionNames[action]}`;
}
