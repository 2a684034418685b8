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
export function relay(a: Duplex, b: Duplex, { clock = systemClock, settleMs = 0 }: RelayOptions = {}): void {
  carry(a, b, { clock, settleMs });
  carry(b, a, { clock, settleMs: 0 });
}

export interface RelayOptions {
  readonly clock?: Clock;
  /** How long `b` has for the last bytes that it was sent before it is told that there are no more. */
  readonly settleMs?: number;
}

/**
 * Writes only after everything that came in the same turn has been read: Node closes a socket whose write fails,
 * together with unread input, and a write to a peer that is gone fails before its last data is read.
 */
function carry(from: Duplex, to: Duplex, { clock, settleMs }: Required<RelayOptions>): void {
  let lastAt = Number.NEGATIVE_INFINITY;
  const end = (): void => {
    const restMs = lastAt + settleMs - clock.monotonic();
    if (restMs > 0)
      to.once(
        'close',
        clock.after(restMs, () => to.end()),
      );
    else to.end();
  };
  from.on('data', (chunk: Uint8Array) => {
    lastAt = clock.monotonic();
    setImmediate(() => {
      if (to.writable && !to.write(chunk)) from.pause();
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
