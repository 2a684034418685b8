import { type Event, events } from '@typernetes/api/core/v1';
import { type Clock, type Logger, timestamp } from '@typernetes/base';
import { type Draft, fnv32a, isNotFound, reasonOf } from '@typernetes/machinery';
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

export function eventRecorder(options: EventRecorderOptions): BackgroundEventRecorder {
  const { client, clock, log, signal, pace } = options;
  const correlator = new EventCorrelator(clock);
  const lanes = Array.from({ length: laneCount }, (): Lane => ({ waiting: [], draining: undefined }));
  let waitingCount = 0;
  let serial = 0;

  const record = async (occurrence: Occurrence & { readonly at: number }, plan: EventPlan): Promise<void> => {
    if (plan.action === 'drop') return;
    const namespace = occurrence.target.metadata.namespace || 'default';
    if (plan.action === 'count') {
      const change = { count: plan.count, lastTimestamp: timestamp(occurrence.at), message: plan.message };
      try {
        await client.resource(events).patch({ namespace, name: plan.name }, change, { type: 'strategic' });
        correlator.written(plan.id, plan);
        return;
      } catch (error) {
        if (!isNotFound(error)) throw error; // it has expired: begin again below
      }
    }
    // Nanoseconds since the epoch, in hexadecimal; a counter fills the digits beyond the clock's resolution.
    const suffix = (BigInt(Math.trunc(occurrence.at)) * 1_000_000n + BigInt(serial++ % 1_000_000)).toString(16);
    const draft = eventOf(occurrence, { ...options, name: `${occurrence.target.metadata.name}.${suffix}`, namespace });
    const created = await client.resource(events).create({ ...draft, message: plan.message });
    correlator.written(plan.id, { name: created.metadata.name, count: 1 });
  };

  /** Waits; false when there is nothing to wait for any more. */
  const paused = async (ms: number): Promise<boolean> => {
    try {
      await clock.sleep(ms, signal);
      return true;
    } catch (error) {
      if (signal?.aborted) return false;
      throw error;
    }
  };

  const untilItMayGo = async ({ at }: { readonly at: number }): Promise<void> => {
    for (let ms = pace?.delay(at) ?? 0; ms > 0; ms = pace?.delay(at) ?? 0) if (!(await paused(ms))) return;
  };

  const drain = async (lane: Lane): Promise<void> => {
    for (let next = lane.waiting.shift(); next; next = lane.waiting.shift()) {
      await untilItMayGo(next);
      waitingCount--;
      const plan = correlator.plan(next);
      for (let attempt = 1; ; attempt++) {
        try {
          await record(next, plan);
          break;
        } catch (error) {
          // The server's refusals are final; only an unreachable server is worth waiting for.
          if (reasonOf(error) !== undefined || attempt === attempts || !(await paused(retryMs))) {
            log.debug('Cannot write event', { reason: next.reason, cause: String(error) });
            break;
          }
        }
      }
    }
    lane.draining = undefined;
  };

  return {
    event(target, type, reason, message) {
      if (waitingCount >= maxWaiting) {
        log.debug('Event dropped: too many are waiting', { reason });
        return;
      }
      const { uid, namespace, name } = target.metadata;
      const lane = lanes[laneOf(uid || `${namespace}/${name}`)] as Lane;
      lane.waiting.push({ target: named(target), type, reason, message, at: clock.now() });
      waitingCount++;
      lane.draining ??= Promise.resolve().then(() => drain(lane));
    },
    flush: async () => {
      await Promise.all(lanes.map(({ draining }) => draining));
    },
  };
}

interface Lane {
  readonly waiting: (Occurrence & { readonly at: number })[];
  draining: Promise<void> | undefined;
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
  { target, type, reason, at }: Occurrence & { readonly at: number },
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
