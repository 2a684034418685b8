import { type Event, events } from '@typernetes/api/core/v1';
import { timestamp } from '@typernetes/base';
import { type Draft, ifFound } from '@typernetes/machinery';
import { EventCorrelator, type EventPlan, type Occurrence } from './event-correlator.ts';
import { EventQueue, type EventQueueOptions } from './event-queue.ts';
import { type EventRecorder, type EventTarget, eventSuffixes, named, objectReference } from './events.ts';
import type { ApiClient } from './resource-client.ts';

export interface EventRecorderOptions extends EventQueueOptions {
  readonly client: Pick<ApiClient, 'resource'>;
  /** The `source.component`: `kubelet`, `deployment-controller`. */
  readonly component: string;
  readonly host?: string;
}

/** A recorder that can be waited for. */
export interface BackgroundEventRecorder extends EventRecorder {
  /** Resolves when everything recorded so far is written or given up. */
  flush(): Promise<void>;
}

type Recorded = Occurrence & { readonly at: number };

export function eventRecorder(options: EventRecorderOptions): BackgroundEventRecorder {
  return new CountingRecorder(options);
}

class CountingRecorder implements BackgroundEventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #correlator: EventCorrelator;
  readonly #queue: EventQueue<Recorded>;
  readonly #suffix = eventSuffixes();

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#correlator = new EventCorrelator(options.clock);
    this.#queue = new EventQueue(options, (recorded) => {
      const plan = this.#correlator.plan(recorded);
      return () => this.#write(recorded, plan);
    });
  }

  event(target: EventTarget, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#queue.push({ target: named(target), type, reason, message, at: this.#options.clock.now() });
  }

  flush(): Promise<void> {
    return this.#queue.flush();
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
}

function eventOf(
  { target, type, reason, at }: Recorded,
  options: { component: string; host?: string; name: string; namespace: string },
): Draft<Event> {
  const { component, host, name, namespace } = options;
  return {
    metadata: { name, namespace },
    involvedObject: objectReference(target),
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
