import type { Sink } from '../request/server-request.ts';

/** The maximum backlog in bytes of one watcher, and of all slow ones together. */
interface BacklogLimits {
  readonly ofOne: number;
  readonly ofAll: number;
}

/** Less than this waits for anybody at times, and is not counted, bytes. */
const noticed = 1024 * 1024;

interface Late {
  readonly cut: () => void;
  /** The backlog when last checked. */
  readonly seen: number;
}

/**
 * The backlogs of watchers that do not read as fast as things change. A watcher with too large a backlog is
 * disconnected, and so is the worst one when the total is too large.
 */
export class WatchBacklog {
  readonly #limits: BacklogLimits;
  readonly #late = new Map<Pick<Sink, 'buffered'>, Late>();

  constructor(limits: BacklogLimits) {
    this.#limits = limits;
  }

  /** After something was written to a watcher. `cut` is called, now or later, when it has to go. */
  look(sink: Pick<Sink, 'buffered'>, cut: () => void): void {
    const { buffered } = sink;
    if (buffered <= noticed) return;
    if (buffered > this.#limits.ofOne) {
      cut();
      return;
    }
    const before = this.#late.get(sink);
    // Adding up all for each event would take long where many are late.
    if (before && Math.abs(buffered - before.seen) < noticed) return;
    this.#late.set(sink, { cut, seen: buffered });
    let total = 0;
    let worst = { buffered: 0, cut };
    for (const [{ buffered: bytes }, late] of this.#late) {
      total += bytes;
      if (bytes > worst.buffered) worst = { buffered: bytes, cut: late.cut };
    }
    if (total > this.#limits.ofAll) worst.cut();
  }

  /** The watcher is no more. */
  leave(sink: Pick<Sink, 'buffered'>): void {
    this.#late.delete(sink);
  }
}
