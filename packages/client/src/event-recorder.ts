import { type Event, events } from '@typernetes/api/core/v1';
import { type Clock, type Logger, timestamp } from '@typernetes/base';
import { type Draft, fnv32a, ifFound, reasonOf } from '@typernetes/machinery';
import { EventCorrelator, type EventPlan, type Occurrence } from './event-correlator.ts';
import type { EventPace } from './event-pace.ts';
import type { EventRecorder, EventTarget } from './events.ts';
import type { ApiClient } from './resource-client.ts';

export interface EventRecorderOptions {
  readonly client: Pick<ApiClient, 'resource'>;
  /** The `source.component`: `kubelet`, `deployment-controller`. */
  readonly component: string;
  readonly host?: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Once it aborts, a server that cannot be reached is not waited for any more. */
  readonly signal?: AbortSignal;
  /** Delays events for more urgent work; without it every event is written as soon as possible. */
  readonly pace?: EventPace;
}

/** A recorder that can be waited for. */
export interface BackgroundEventRecorder extends EventRecorder {
  /** Resolves when everything recorded so far is written or given up. */
  flush(): Promise<void>;
}

/** Occurrences that wait beyond this number are dropped. */
const maxWaiting = 10_000;
/**
 * How many are written concurrently. Events about the same object are written in order, since the later may be counted
 * on the earlier.
 */
const laneCount = 8;
const attempts = 12;
const retryMs = 10_000;

type Recorded = Occurrence & { readonly at: number };

interface Lane {
  readonly waiting: Recorded[];
  draining: Promise<void> | undefined;
}

export function eventRecorder(options: EventRecorderOptions): BackgroundEventRecorder {
  return new QueuedRecorder(options);
}

class QueuedRecorder implements BackgroundEventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #correlator: EventCorrelator;
  readonly #lanes = Array.from({ length: laneCount }, (): Lane => ({ waiting: [], draining: undefined }));
  #waitingCount = 0;
  #serial = 0;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#correlator = new EventCorrelator(options.clock);
  }

  event(target: EventTarget, type: 'Normal' | 'Warning', reason: string, message: string): void {
    const { clock, log } = this.#options;
    if (this.#waitingCount >= maxWaiting) {
      log.debug('Event dropped: too many are waiting', { reason });
      return;
    }
    const { uid, namespace, name } = target.metadata;
    const lane = this.#lanes[laneOf(uid || `${namespace}/${name}`)] as Lane;
    lane.waiting.push({ target: named(target), type, reason, message, at: clock.now() });
    this.#waitingCount++;
    lane.draining ??= Promise.resolve().then(() => this.#drain(lane));
  }

  async flush(): Promise<void> {
    await Promise.all(this.#lanes.map(({ draining }) => draining));
  }

  async #drain(lane: Lane): Promise<void> {
    for (let next = lane.waiting.shift(); next; next = lane.waiting.shift()) {
      await this.#untilItMayGo(next);
      this.#waitingCount--;
      await this.#writeOrGiveUp(next);
    }
    lane.draining = undefined;
  }

  async #untilItMayGo({ at }: Recorded): Promise<void> {
    const { pace } = this.#options;
    for (let ms = pace?.delay(at) ?? 0; ms > 0; ms = pace?.delay(at) ?? 0) if (!(await this.#paused(ms))) return;
  }

  async #writeOrGiveUp(recorded: Recorded): Promise<void> {
    const plan = this.#correlator.plan(recorded);
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#write(recorded, plan);
        return;
      } catch (error) {
        // The server's refusals are final; only an unreachable server is worth waiting for.
        if (reasonOf(error) !== undefined || attempt === attempts || !(await this.#paused(retryMs))) {
          this.#options.log.debug('Cannot write event', { reason: recorded.reason, cause: String(error) });
          return;
        }
      }
    }
  }

  async #write(recorded: Recorded, plan: EventPlan): Promise<void> {
    if (plan.action === 'drop') return;
    const client = this.#options.client.resource(events);
    const namespace = recorded.target.metadata.namespace || 'default';
    if (plan.action === 'count') {
      const change = { count: plan.count, lastTimestamp: timestamp(recorded.at), message: plan.message };
      const counted = await ifFound(client.patch({ namespace, name: plan.name }, change, { type: 'strategic' }));
      if (counted) {
        this.#correlator.written(plan.id, plan);
        return;
      }
      // It has expired: begin again below.
    }
    const name = `${recorded.target.metadata.name}.${this.#suffix(recorded.at)}`;
    const draft = eventOf(recorded, { ...this.#options, name, namespace });
    const created = await client.create({ ...draft, message: plan.message });
    this.#correlator.written(plan.id, { name: created.metadata.name, count: 1 });
  }

  /** Nanoseconds since the epoch, in hexadecimal; a counter fills the digits beyond the clock's resolution. */
  #suffix(at: number): string {
    return (BigInt(Math.trunc(at)) * 1_000_000n + BigInt(this.#serial++ % 1_000_000)).toString(16);
  }

  /** Waits; false when there is nothing to wait for any more. */
  async #paused(ms: number): Promise<boolean> {
    const { clock, signal } = this.#options;
    try {
      await clock.sleep(ms, signal);
      return true;
    } catch (error) {
      if (signal?.aborted) return false;
      throw error;
    }
  }
}

/** Only what identifies it: the object itself may be big, and the event may wait. */
function named({ apiVersion, kind, metadata, fieldPath }: EventTarget): EventTarget {
  const { name, namespace, uid, resourceVersion } = metadata;
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    ...(fieldPath === undefined ? {} : { fieldPath }),
  };
}

/** The same lane for the same object, whatever happens to it. */
function laneOf(identity: string): number {
  return fnv32a(identity) % laneCount;
}

function eventOf(
  { target, type, reason, at }: Recorded,
  options: { component: string; host?: string; name: string; namespace: string },
): Draft<Event> {
  const { component, host, name, namespace } = options;
  return {
    metadata: { name, namespace },
    involvedObject: involved(target),
    reason,
    source: { component, ...(host ? { host } : {}) },
    firstTimestamp: timestamp(at),
    lastTimestamp: timestamp(at),
    count: 1,
    type,
    reportingComponent: component,
    reportingInstance: host ?? '',
  };
}

function involved({ apiVersion, kind, metadata, fieldPath }: EventTarget): Event['involvedObject'] {
  return {
    kind,
    ...(metadata.namespace ? { namespace: metadata.namespace } : {}),
    name: metadata.name,
    ...(metadata.uid ? { uid: metadata.uid } : {}),
    apiVersion,
    ...(metadata.resourceVersion ? { resourceVersion: metadata.resourceVersion } : {}),
    ...(fieldPath ? { fieldPath } : {}),
  };
}
