import { createSocket } from 'node:dgram';
import { type AddressInfo, createServer, isIPv6, type Socket } from 'node:net';
import type { Logger, Runnable } from '@typernetes/base';
import { listenAddress } from '@typernetes/process';
import { lengthPrefixed } from '../forward/forwarder.ts';
import { standardTimeouts, type TimeoutsSettings } from '../plugins/connection-timeouts.ts';
import type { ReceivedQuery } from './responder.ts';

interface DnsServerOptions {
  /** `0.0.0.0` means every address of either family: the cluster's may be IPv6 only. */
  readonly host: string;
  readonly port: number;
  readonly log: Logger;
  /** Of TCP connections; asked again for each, and whenever one has got or sent something. */
  readonly timeouts?: () => TimeoutsSettings;
  /** The response; undefined for anything but a client's query. */
  readonly answer: (query: ReceivedQuery) => Promise<Buffer | undefined>;
  /** Called with the port once both sockets listen. */
  readonly onListening?: (port: number) => void;
}

/** Serves DNS over UDP and TCP on one port. */
export function dnsServer(options: DnsServerOptions): Runnable {
  return {
    name: 'dns-server',
    async run(signal) {
      const host = listenAddress(options.host);
      const connections = new Set<Socket>();
      const tcp = createServer((socket) => {
        connections.add(socket);
        socket.on('close', () => connections.delete(socket));
        socket.on('error', (error) => options.log.debug('TCP client failed', { error: error.message }));
        serveStream(socket, options, signal);
      });
      // TCP first: of a port that the system chooses, its TCP side is the one more likely to be in use.
      await new Promise<void>((resolve, reject) => {
        tcp.once('error', reject);
        tcp.listen(options.port, host, resolve);
      });
      const { port } = tcp.address() as AddressInfo;
      const udp = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4', reuseAddr: true });
      try {
        udp.on('message', (message, client) => {
          void options.answer({ message, protocol: 'udp', client, signal }).then(
            (answer) => {
              if (answer && !signal.aborted) udp.send(answer, client.port, client.address);
            },
            (error: unknown) => options.log.error('Cannot answer query', error),
          );
        });
        await new Promise<void>((resolve, reject) => {
          udp.once('error', reject);
          udp.bind(port, host, resolve);
        });
        udp.on('error', (error) => options.log.error('UDP socket failed', error));
        options.onListening?.(port);
        await new Promise<void>((resolve) => {
          if (signal.aborted) resolve();
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
      } finally {
        for (const socket of connections) socket.destroy();
        await Promise.all([
          new Promise<void>((resolve) => udp.close(resolve)),
          new Promise((resolve) => tcp.close(resolve)),
        ]);
      }
    },
  };
}

/** Queries on a connection are answered in order. One on which nothing happens for too long is closed. */
function serveStream(socket: Socket, options: DnsServerOptions, signal: AbortSignal): void {
  let pending = Buffer.alloc(0);
  let chain = Promise.resolve();
  const { timeouts = () => standardTimeouts } = options;
  const wait = (): void => {
    const { readMs, writeMs, idleMs } = timeouts();
    socket.setTimeout(socket.writableLength > 0 ? writeMs : pending.length > 0 ? readMs : idleMs);
  };
  wait();
  socket.on('timeout', () => socket.destroy());
  socket.on('drain', wait);
  const client = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
      const length = pending.readUInt16BE(0);
      const message = pending.subarray(2, 2 + length);
      pending = pending.subarray(2 + length);
      chain = chain
        .then(async () => {
          const answer = await options.answer({ message, protocol: 'tcp', client, signal });
          if (!answer || !socket.writable) return;
          socket.write(lengthPrefixed(answer));
          wait();
        })
        .catch((error: unknown) => options.log.error('Cannot answer query', error));
    }
    wait();
  });
}
