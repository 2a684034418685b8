import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '@typernetes/base';
import type { Dial } from '@typernetes/client';
import { relay } from '@typernetes/process';

/** A local Unix socket whose connections all lead to one target. */
export interface SocketRelay {
  readonly path: string;
  close(): void;
}

/**
 * For clients that open their connections themselves, such as gRPC's: they connect to the socket, and their data takes
 * the connection that `dial` makes. The folder is private to this user.
 */
export async function socketRelay(
  place: { readonly host: string; readonly port: number },
  { dial, log }: { readonly dial: Dial; readonly log: Logger },
): Promise<SocketRelay> {
  const folder = mkdtempSync(join(tmpdir(), 'kube-apiserver-egress-'));
  chmodSync(folder, 0o700);
  const path = join(folder, 'relay.sock');
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.pause();
    socket.on('error', () => undefined).once('close', () => open.delete(socket));
    dial(place).then(
      (through) => relay(socket, through),
      (error: Error) => {
        log.warn('Cannot connect through the egress proxy', {
          place: `${place.host}:${place.port}`,
          reason: error.message,
        });
        socket.destroy();
      },
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(path, resolve);
  });
  server.unref();
  return {
    path,
    close: () => {
      server.close();
      for (const socket of open) socket.destroy();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
