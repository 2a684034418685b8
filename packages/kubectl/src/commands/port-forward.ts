import { isIP, type Server, type Socket } from 'node:net';
import { pods, type Service, services } from '@typernetes/api/core/v1';
import { messagesOf } from '@typernetes/base';
import { collectionPath } from '@typernetes/machinery';
import { defineCommand } from '../command.ts';
import { logged } from '../logged-warning.ts';
import { parseTargets } from '../resources/arguments.ts';
import type { Session } from '../session.ts';
import { checkRunningTimeout, podRunningTimeout, podsOfTarget } from '../streaming/pod-target.ts';
import {
  forwardConnection,
  forwardedPort,
  type Listener,
  listenAddresses,
  listenFor,
  openPortForward,
} from '../streaming/port-forward.ts';
import { targetPorts } from '../streaming/target-ports.ts';
import { usageError } from './result.ts';

export const portForwardCommand = defineCommand({
  use: 'port-forward TYPE/NAME [options] [LOCAL_PORT:]REMOTE_PORT [...[LOCAL_PORT_N:]REMOTE_PORT_N]',
  short: 'Forward one or more local ports to a pod',
  flags: {
    address: {
      type: 'list',
      help: 'Addresses to listen on (comma separated). Only accepts IP addresses or localhost as a value.',
      default: ['localhost'],
    },
    'pod-running-timeout': podRunningTimeout(60_000),
  } as const,
  async run({ flags, positional }, session, signal) {
    const [target, ...specs] = positional;
    if (target === undefined || specs.length === 0) {
      throw usageError('port-forward', 'TYPE/NAME and list of ports are required for port-forward');
    }
    checkRunningTimeout('port-forward', flags['pod-running-timeout']);
    const waiting = { session, signal, timeoutMs: flags['pod-running-timeout'] };
    const [pod] = await podsOfTarget(target, session, waiting);
    if (!pod) throw new Error(`no pods found for ${target}`);
    const service = await serviceOf(target, session);
    const mapped = targetPorts(specs, { service, pod });
    const { phase = '' } = pod.status ?? {};
    if (phase !== 'Running') {
      throw new Error(`unable to forward port because pod is not running. Current status=${phase}`);
    }
    checkAddresses(flags.address);
    const ports = mapped.map(forwardedPort);
    const path = `${collectionPath(pods, session.namespace)}/${pod.metadata.name}/portforward`;
    const connection = await openPortForward(session.client, path, signal);
    const log = (text: string, place: string): void =>
      session.io.err(logged(`"Unhandled Error" err=${JSON.stringify(text)}`, { session, place, severity: 'E' }));
    const servers: Server[] = [];
    const sockets = new Set<Socket>();
    const stop = (): void => connection.close();
    signal.addEventListener('abort', stop);
    try {
      let id = 0;
      let had = 0;
      const addresses = listenAddresses(flags.address);
      for (const { local, remote } of ports) {
        const accept = (socket: Socket, port: number): void => {
          session.io.out(`Handling connection for ${port}\n`);
          sockets.add(socket);
          socket.on('error', () => socket.destroy());
          socket.once('close', () => sockets.delete(socket));
          void forwardConnection(connection, socket, { remote, local: port, id: id++, log });
        };
        const listening = ({ server, address, port }: Listener): void => {
          servers.push(server);
          const shown = address.includes(':') ? `[${address}]` : address;
          session.io.out(`Forwarding from ${shown}:${port} -> ${remote}\n`);
        };
        try {
          await listenFor(addresses, local, { accept, listening });
          had++;
        } catch (error) {
          session.io.err(`${messagesOf(error)}\n`);
        }
      }
      if (had === 0) {
        const wanted = ports.map(({ local, remote }) => `{${local} ${remote}}`).join(' ');
        throw new Error(`unable to listen on any of the requested ports: [${wanted}]`);
      }
      await connection.closed;
      if (signal.aborted) return 0;
      session.io.err('error: lost connection to pod\n');
      return 1;
    } finally {
      signal.removeEventListener('abort', stop);
      for (const server of servers) server.close();
      for (const socket of sockets) socket.destroy();
      connection.close();
    }
  },
});

function checkAddresses(given: readonly string[]): void {
  if (given.every((address) => address === '')) throw new Error('you must specify at least 1 address');
  const wrong = given.find((address) => address !== 'localhost' && isIP(address) === 0);
  if (wrong !== undefined) throw new Error(`${wrong} is not a valid IP`);
}

async function serviceOf(target: string, session: Session): Promise<Service | undefined> {
  if (!target.includes('/')) return undefined;
  const [found] = await parseTargets([target], session.resources);
  if (found?.type.plural !== 'services' || found.type.group !== '') return undefined;
  return session.client.resource(services).get({ name: found.names?.[0] ?? '', namespace: session.namespace });
}
