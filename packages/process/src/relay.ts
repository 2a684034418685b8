import type { Duplex } from 'node:stream';
import { type Clock, systemClock } from '@typernetes/base';

/** How long a side may take to end by itself once the other is gone. */
export const lingerMs = 5_000;

/**
 * Carries bytes both ways, unread, until both sides are closed. What a side sent before it ended or broke still reaches the other: that one is
 * ended, not closed, and what it goes on sending is read and dropped. A socket closed with input unread would reset its connection, and with
 * that its peer loses the end of what it was sent (RFC 1122, 4.2.2.13): the exit code of a command, for one.
 */
export function relay(a: Duplex, b: Duplex, clock: Clock = systemClock): void {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    // Whatever broke, the other side sees an end; 'close' follows every error.
    from.on('error', () => undefined);
    from.once('close', () => windUp(to, from, clock));
    from.pipe(to);
  }
}

function windUp(side: Duplex, gone: Duplex, clock: Clock): void {
  if (side.destroyed) return;
  side.unpipe(gone);
  side.end();
  side.resume();
  side.once(
    'close',
    clock.after(lingerMs, () => side.destroy()),
  );
}
