import { type Event, events } from '@typernetes/api/events/v1';
import { microTimestamp } from '@typernetes/base';
import { type Draft, ifFound, reasonOf } from '@typernetes/machinery';
import { EventQueue, type EventQueueOptions, type Waiting } from './event-queue.ts';
import { type ActionRecorder, type EventTarget, eventSuffixes, named, objectReference } from './events.ts';
import type { ApiClient } from './resource-client.ts';

export interface SeriesRecorderOptions extends EventQueueOptions {
  readonly client: Pick<ApiClient, 'resource'>;
  /** The `reportingController`: `default-scheduler`. */
  readonly controller: string;
  readonly host: string;
  /** Until it aborts, series are kept up to date. */
  readonly signal: AbortSignal;
}

interface Recorded extends Waiting {
  readonly type: 'Normal' | 'Warning';
  readonly note: string;
  readonly action: string;
  readonly related: EventTarget | undefined;
}

/** An Event of which further occurrences may follow. */
interface Known {
  readonly event: Draft<Event>;
  readonly namespace: string;
  count: number;
  lastAt: number;
}

/** An Event that has not occurred again for so long is finished: the next occurrence is a new Event. */
const finishMs = 360_000;
/** Every so many times that this is looked at, series that go on are written, so that they do not expire. */
const refreshTurns = 5;
/** More Events are not remembered; the oldest are forgotten. */
const maxKnown = 16_384;
/** In bytes; the API takes no more. */
const longestNote = 1024;

/**
 * Records events.k8s.io/v1 Events. An occurrence is a repetition if everything except its note is the same: the second
 * makes the Event a series, later ones are counted here and written when the series ends, or every half hour.
 */
export function seriesRecorder(options: SeriesRecorderOptions): ActionRecorder & { flush(): Promise<void> } {
  return new SeriesRecorder(options);
}

class SeriesRecorder implements ActionRecorder {
  readonly #options: SeriesRecorderOptions;
  readonly #queue: EventQueue<Recorded>;
  readonly #known = new Map<string, Known>();
  readonly #suffix = eventSuffixes();
  #tidying: Promise<void> | undefined;

  constructor(options: SeriesRecorderOptions) {
    this.#options = options;
    this.#queue = new EventQueue(options, (recorded) => this.#prepare(recorded));
  }

  event(
    target: EventTarget,
    type: 'Normal' | 'Warning',
    reason: string,
    note: string,
    { action, related }: { readonly action: string; readonly related?: EventTarget },
  ): void {
    const at = this.#options.clock.now();
    const other = related && named(related);
    this.#queue.push({ target: named(target), type, reason, note: shortened(note), action, related: other, at });
  }

  flush(): Promise<void> {
    return this.#queue.flush();
  }

  #prepare(recorded: Recorded): () => Promise<void> {
    const { type, action, reason, target, related, at } = recorded;
    const key = JSON.stringify([type, action, reason, target, related]);
    const known = this.#known.get(key);
    if (known) {
      known.lastAt = at;
      // Written at the end of the series, or when the server's copy would expire.
      if (++known.count > 2) return async () => {};
      return () => this.#writeSeries(known);
    }
    const namespace = target.metadata.namespace || 'default';
    const event = this.#eventOf(recorded, namespace);
    this.#remember(key, { event, namespace, count: 1, lastAt: at });
    return async () => {
      await this.#options.client.resource(events).create(event);
    };
  }

  #eventOf({ target, related, type, reason, action, note, at }: Recorded, namespace: string): Draft<Event> {
    const { controller, host } = this.#options;
    return {
      metadata: { name: `${target.metadata.name}.${this.#suffix(at)}`, namespace },
      eventTime: microTimestamp(at),
      reportingController: controller,
      reportingInstance: `${controller}-${host}`,
      action,
      reason,
      regarding: objectReference(target),
      ...(related ? { related: objectReference(related) } : {}),
      note,
      type,
    };
  }

  async #writeSeries({ event, namespace, count, lastAt }: Known): Promise<void> {
    const client = this.#options.client.resource(events);
    const series = { count, lastObservedTime: microTimestamp(lastAt) };
    const { name = '' } = event.metadata;
    if (await ifFound(client.patch({ namespace, name }, { series }, { type: 'strategic' }))) return;
    // It has expired.
    await client.create({ ...event, series });
  }

  #remember(key: string, known: Known): void {
    this.#known.set(key, known);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= maxKnown) break;
      this.#known.delete(oldest);
    }
    this.#tidying ??= this.#tidy();
  }

  async #tidy(): Promise<void> {
    const { clock, signal } = this.#options;
    for (let turn = 1; this.#known.size > 0 && !signal.aborted; turn++) {
      // Rejects only when the signal aborts, which ends the loop.
      await clock.sleep(finishMs, signal).catch(() => {});
      if (!signal.aborted) await this.#look(turn % refreshTurns === 0);
    }
    this.#tidying = undefined;
  }

  /** Ends what has not occurred for a while. */
  async #look(refreshing: boolean): Promise<void> {
    const ended = this.#options.clock.now() - finishMs;
    for (const [key, known] of this.#known) {
      const isOver = known.lastAt <= ended;
      const isWritten = known.count === 1 || !(isOver || refreshing) || (await this.#wrote(known));
      if (isOver && isWritten) this.#known.delete(key);
    }
  }

  /** False: the server could not be reached, so it is tried again at the next look. */
  async #wrote(known: Known): Promise<boolean> {
    try {
      await this.#writeSeries(known);
      return true;
    } catch (error) {
      this.#options.log.debug('Cannot write series of events', { cause: String(error) });
      return reasonOf(error) !== undefined;
    }
  }
}

/** As the API takes it, with the end cut off. */
function shortened(note: string): string {
  if (Buffer.byteLength(note) <= longestNote) return note;
  const suffix = ' ...';
  // A character that was cut in two is left out.
  const begin = Buffer.from(note).toString('utf8', 0, longestNote - suffix.length);
  return `${begin.replace(/\uFFFD$/, '')}${suffix}`;
}
