import type { Clock } from '@typernetes/base';
import type { EventTarget } from './events.ts';

/** One occurrence to report, before it is decided how. */
export interface Occurrence {
  readonly target: EventTarget;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/** What to write: a new Event, or another count of an existing one. */
export type EventPlan =
  | { readonly action: 'drop' }
  | { readonly action: 'create'; readonly id: string; readonly message: string }
  | {
      readonly action: 'count';
      readonly id: string;
      readonly message: string;
      readonly name: string;
      readonly count: number;
    };

/** Events of one object beyond a burst of 25 are dropped; one more is allowed every five minutes. */
const burst = 25;
const refillMs = 300_000;
/** More than this many different messages of one reason within the window become one combined Event. */
const maxSimilar = 10;
const similarWindowMs = 600_000;
const combinedPrefix = '(combined from similar events): ';
/** How many objects and events are remembered. */
const maxRemembered = 4096;

/** Decides which occurrences become new Events, which are counted on an existing one, and which are dropped. */
export class EventCorrelator {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, { tokens: number; at: number }>();
  readonly #similar = new Map<string, { messages: Set<string>; at: number }>();
  readonly #written = new Map<string, { name: string; count: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  plan(occurrence: Occurrence): EventPlan {
    const { target, type, reason } = occurrence;
    const { namespace, name, uid } = target.metadata;
    const subject = JSON.stringify([target.apiVersion, target.kind, namespace, name, uid]);
    if (!this.#allows(subject)) return { action: 'drop' };
    const message = this.#combined(JSON.stringify([subject, type, reason]), occurrence.message);
    const same = message.startsWith(combinedPrefix) ? combinedPrefix : message;
    const id = JSON.stringify([subject, target.fieldPath, type, reason, same]);
    const written = this.#written.get(id);
    if (!written) return { action: 'create', id, message };
    return { action: 'count', id, message, name: written.name, count: written.count + 1 };
  }

  written(id: string, event: { readonly name: string; readonly count: number }): void {
    remember(this.#written, id, { ...event });
  }

  #allows(subject: string): boolean {
    const now = this.#clock.monotonic();
    const bucket = this.#buckets.get(subject) ?? { tokens: burst, at: now };
    const tokens = Math.min(burst, bucket.tokens + (now - bucket.at) / refillMs);
    remember(this.#buckets, subject, { tokens: tokens >= 1 ? tokens - 1 : tokens, at: now });
    return tokens >= 1;
  }

  #combined(group: string, message: string): string {
    const now = this.#clock.monotonic();
    const known = this.#similar.get(group);
    const similar = known && now - known.at <= similarWindowMs ? known : { messages: new Set<string>(), at: now };
    similar.at = now;
    if (similar.messages.size < maxSimilar) similar.messages.add(message);
    remember(this.#similar, group, similar);
    return similar.messages.has(message) ? message : `${combinedPrefix}${message}`;
  }
}

/** Puts an entry at the young end of a map, and drops the oldest ones beyond the limit. */
function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= maxRemembered) break;
    map.delete(oldest);
  }
}
