import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '@typernetes/base';
import type { Dial } from '@typernetes/client';
import { relay } from '@typernetes/process';

/** A socket of this process's own whose connections all lead to one place. */
export interface SocketRelay {
  readonly path: string;
  close(): void;
}

/**
 * For a client that makes its connections itself, as gRPC's does: it connects to the socket, and what it sends goes the way that
 * `dial` makes. The folder is for nobody else.
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
