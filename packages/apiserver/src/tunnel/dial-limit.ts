import type { Socket } from 'node:net';
import { type Clock, systemClock } from '@typernetes/base';

/** As long as upstream's dialer waits (apimachinery: net.SetOldTransportDefaults); the kernel alone would for two minutes. */
const dialTimeoutMs = 30_000;

/** Ends an attempt to connect that nobody answers, with the error of a kernel that has given up. */
export function limitDial(socket: Socket, clock: Clock = systemClock): void {
  if (!socket.connecting) return;
  const error = Object.assign(new Error('i/o timeout'), { code: 'ETIMEDOUT' });
  const cancel = clock.after(dialTimeoutMs, () => void socket.destroy(error));
  socket.once('connect', cancel).once('close', cancel);
}
