import { createSocket } from 'node:dgram';
import { type AddressInfo, createServer, isIPv6, type Socket } from 'node:net';
import type { Logger, Runnable } from '@typernetes/base';
import { listenAddress } from '@typernetes/process';
import { lengthPrefixed } from '../forward/forwarder.ts';
import { type ResponderDeps, type Response, respond, udpLimit } from './responder.ts';

export interface DnsServerOptions extends ResponderDeps {
  /** `0.0.0.0` stands for every address of either family: the cluster's may be IPv6 alone. */
  readonly host: string;
  readonly port: number;
  readonly log: Logger;
  /** Called with the port once both sockets listen. */
  readonly onListening?: (port: number) => void;
  /** Told of every query when it comes; what it returns is told of the answer. */
  readonly onQuery?: (query: ReceivedQuery) => (response: Response) => void;
}

export interface ReceivedQuery {
  readonly message: Buffer;
  readonly protocol: 'udp' | 'tcp';
  /** The address of whoever asks. */
  readonly client: string;
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
      // First, for of a port that the system chooses the half that clients of all kinds take ports from is the one that may be taken.
      await new Promise<void>((resolve, reject) => {
        tcp.once('error', reject);
        tcp.listen(options.port, host, resolve);
      });
      const { port } = tcp.address() as AddressInfo;
      const udp = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4', reuseAddr: true });
      try {
        udp.on('message', (message, peer) => {
          const answered = options.onQuery?.({ message, protocol: 'udp', client: peer.address });
          void respond(message, options, { maxBytes: udpLimit(message), signal }).then(
            (response) => {
              if (!response || signal.aborted) return;
              udp.send(response.message, peer.port, peer.address);
              answered?.(response);
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

/** Queries on a connection are answered in order; an idle connection is closed after ten seconds. */
function serveStream(socket: Socket, options: DnsServerOptions, signal: AbortSignal): void {
  let pending = Buffer.alloc(0);
  let chain = Promise.resolve();
  socket.setTimeout(10_000, () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
      const length = pending.readUInt16BE(0);
      const message = pending.subarray(2, 2 + length);
      pending = pending.subarray(2 + length);
      chain = chain
        .then(async () => {
          const answered = options.onQuery?.({ message, protocol: 'tcp', client: socket.remoteAddress ?? '' });
          const response = await respond(message, options, { maxBytes: 65_535, signal });
          if (!response || !socket.writable) return;
          socket.write(lengthPrefixed(response.message));
          answered?.(response);
        })
        .catch((error: unknown) => options.log.error('Cannot answer query', error));
    }
  });
}
