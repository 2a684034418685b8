import { connect, createServer } from 'node:net';
import { codeOf } from '@typernetes/base';

/**
 * Runs `work` while no other process of this host runs anything under the same name. The lock is a listening socket in
 * the abstract namespace: the kernel releases it when its holder ends, however that happens, and waiting processes
 * notice at once.
 */
export async function exclusively<T>(name: string, work: () => Promise<T>): Promise<T> {
  const path = `\0${name}`;
  for (;;) {
    const server = createServer();
    try {
      await new Promise<void>((resolve, reject) => server.on('error', reject).listen(path, resolve));
    } catch (error) {
      if (codeOf(error) !== 'EADDRINUSE') throw error;
      await untilReleased(path);
      continue;
    }
    const waiting = new Set<{ destroy(): unknown }>();
    server.on('connection', (socket) => waiting.add(socket.on('error', () => socket.destroy())));
    try {
      return await work();
    } finally {
      for (const socket of waiting) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    }
  }
}

function untilReleased(path: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.on('error', () => undefined).on('close', () => resolve());
    socket.resume();
  });
}
