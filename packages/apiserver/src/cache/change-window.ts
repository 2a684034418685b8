import type { CacheEvent } from './cache-event.ts';

/** How many changes are kept for watches that start in the past. */
export const windowSize = 8192;
/** The total size of their objects in bytes; a watch that starts further back is served from the store's history. */
const windowBytes = 32 * 1024 * 1024;
/** This many are kept however large and old they are, as in upstream's watch cache. */
const leastKept = 100;
/** How far the window may exceed its limits before it is trimmed, since trimming moves all that stays. */
const slack = 1.25;

/** The latest changes of one resource, oldest first, without gaps. Bounded in number, bytes and, by `forget`, age. */
export class ChangeWindow {
  #events: CacheEvent[] = [];
  #start: number;
  #bytes = 0;

  constructor(start: number) {
    this.#start = start;
  }

  /** Every change after this revision is here. */
  get start(): number {
    return this.#start;
  }

  /** The revision of the newest change, or the one since which there was none. */
  get last(): number {
    return this.#events.at(-1)?.revision ?? this.#start;
  }

  get size(): number {
    return this.#events.length;
  }

  /** Changes after `revision`; undefined when they do not reach back that far. */
  since(revision: number): readonly CacheEvent[] | undefined {
    if (revision < this.#start) return undefined;
    let at = this.#events.length;
    while (at > 0 && (this.#events[at - 1] as CacheEvent).revision > revision) at--;
    return this.#events.slice(at);
  }

  push(events: readonly CacheEvent[]): void {
    this.#events.push(...events);
    for (const event of events) this.#bytes += bytesOf(event);
    const { length } = this.#events;
    const tooMany = length > windowSize * slack;
    const tooLarge = this.#bytes > windowBytes * slack && length > leastKept * slack;
    if (tooMany || tooLarge) this.#drop((left) => left > windowSize || (this.#bytes > windowBytes && left > leastKept));
  }

  /** Changes from before the window, from `start` on: then it reaches back to there. False when these are more bytes than it may have. */
  reachBack(start: number, events: readonly CacheEvent[]): boolean {
    const bytes = events.reduce((sum, event) => sum + bytesOf(event), 0);
    if (bytes > windowBytes && events.length > leastKept) return false;
    this.#events = [...events, ...this.#events];
    this.#bytes += bytes;
    this.#start = start;
    return true;
  }

  /**
   * The store has compacted everything before `revision`: since nobody could resume from there after a restart, the
   * window need not hold it either.
   */
  forget(revision: number): void {
    this.#drop((left, event) => left > leastKept && event.revision <= revision);
  }

  /** The changes before `start` are unknown. */
  clear(start: number): void {
    this.#events = [];
    this.#bytes = 0;
    this.#start = start;
  }

  /** Drops the oldest changes while `goes`, which gets the number including that change, returns true. */
  #drop(goes: (left: number, event: CacheEvent) => boolean): void {
    let count = 0;
    for (const event of this.#events) {
      if (!goes(this.#events.length - count, event)) break;
      this.#bytes -= bytesOf(event);
      this.#start = event.revision;
      count++;
    }
    if (count > 0) this.#events.splice(0, count);
  }
}

const bytesOf = ({ current, previous }: CacheEvent): number => (current ?? previous)?.item.length ?? 0;
