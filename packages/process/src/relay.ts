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
  carry(a, b, clock);
  carry(b, a, clock);
}

/**
 * Everything is passed on only after all that came in the same turn was read: Node closes a socket whose write fails, with what it has not read
 * yet, and the write to a peer that has gone fails before its last words are read.
 */
function carry(from: Duplex, to: Duplex, clock: Clock): void {
  from.on('data', (chunk: Uint8Array) => {
    setImmediate(() => {
      if (to.writable && !to.write(chunk)) from.pause();
    });
  });
  to.on('drain', () => from.resume());
  from.once('end', () => setImmediate(() => to.end()));
  // Whatever broke, the other side sees an end; 'close' follows every error.
  from.on('error', () => undefined);
  from.once('close', () => setImmediate(() => windUp(to, clock)));
  // Whoever had it before may have paused it.
  from.resume();
}

function windUp(side: Duplex, clock: Clock): void {
  if (side.destroyed) return;
  side.end();
  side.resume();
  side.once(
    'close',
    clock.after(lingerMs, () => side.destroy()),
  );
}
