import type { Duplex } from 'node:stream';
import { type Clock, systemClock } from '@typernetes/base';

/** How long a side may take to end by itself once the other is gone. */
export const lingerMs = 5_000;

/**
 * Copies bytes in both directions, unread, until both sides are closed. Data sent before a side ended or broke still
 * reaches the other: that one is ended, not closed, and further data from it is read and dropped. Closing a socket with
 * unread input would reset its connection, and the peer would lose the end of what it was sent (RFC 1122, 4.2.2.13),
 * such as the exit code of a command.
 */
export function relay(a: Duplex, b: Duplex, { clock = systemClock, farewell }: RelayOptions = {}): void {
  const held = farewell && holdFarewell(b, farewell, clock);
  carry(a, b, { clock, ...held?.forth });
  carry(b, a, { clock, ...held?.back });
}

export interface RelayOptions {
  readonly clock?: Clock;
  readonly farewell?: Farewell;
}

/** Decides when `b` may hear that nothing more comes from `a`. It sees all bytes, in the order in which they pass. */
export interface Farewell {
  /** Bytes for `b`: how many of them may pass now. The rest says that nothing more comes, and waits as the end does. */
  sent(chunk: Uint8Array): number;
  /** Bytes from `b`. */
  answered(chunk: Uint8Array): void;
  readonly due: boolean;
  /** How long `b` has to answer; then it is told all the same. */
  readonly patienceMs: number;
}

/** One direction. */
interface Way {
  readonly clock: Clock;
  /** Sees each chunk before it is passed on, and says what passes. */
  readonly take?: (chunk: Uint8Array, from: Duplex) => Uint8Array;
  /** Runs what ends `to`, now or later. */
  readonly whenDue?: (flush: () => void) => void;
}

/**
 * Writes only after everything that came in the same turn has been read: Node closes a socket whose write fails,
 * together with unread input, and a write to a peer that is gone fails before its last data is read.
 */
function carry(from: Duplex, to: Duplex, { clock, take = (chunk) => chunk, whenDue = (flush) => flush() }: Way): void {
  const end = (): void => whenDue(() => void to.end());
  from.on('data', (chunk: Uint8Array) => {
    setImmediate(() => {
      const passing = take(chunk, from);
      if (to.writable && !to.write(passing)) from.pause();
    });
  });
  to.on('drain', () => from.resume());
  from.once('end', () => setImmediate(end));
  // Whatever broke, the other side sees an end; 'close' follows every error.
  from.on('error', () => undefined);
  from.once('close', () => setImmediate(() => windUp(to, { clock, end })));
  // Whoever had it before may have paused it.
  from.resume();
}

function windUp(side: Duplex, { clock, end }: { readonly clock: Clock; readonly end: () => void }): void {
  if (side.destroyed) return;
  end();
  side.resume();
  side.once(
    'close',
    clock.after(lingerMs, () => side.destroy()),
  );
}

/** Keeps back what `farewell` does not let pass, and the end of it all, until it is due. */
function holdFarewell(
  b: Duplex,
  farewell: Farewell,
  clock: Clock,
): { readonly forth: Omit<Way, 'clock'>; readonly back: Omit<Way, 'clock'> } {
  const nothing = new Uint8Array();
  let waiting: (() => void)[] = [];
  let stopTimer = (): void => undefined;
  const flush = (): void => {
    stopTimer();
    const due = waiting;
    waiting = [];
    for (const each of due) each();
  };
  b.once('close', () => stopTimer());
  const whenDue = (each: () => void): void => {
    if (b.destroyed || (waiting.length === 0 && farewell.due)) {
      each();
      return;
    }
    waiting.push(each);
    if (waiting.length === 1) stopTimer = clock.after(farewell.patienceMs, flush);
  };
  return {
    forth: {
      take(chunk, from) {
        const passing = waiting.length > 0 ? 0 : farewell.sent(chunk);
        if (passing === chunk.length) return chunk;
        from.pause();
        whenDue(() => {
          if (b.writable) b.write(chunk.subarray(passing));
          from.resume();
        });
        return passing === 0 ? nothing : chunk.subarray(0, passing);
      },
      whenDue,
    },
    back: {
      take(chunk) {
        farewell.answered(chunk);
        if (waiting.length > 0 && farewell.due) flush();
        return chunk;
      },
    },
  };
}
