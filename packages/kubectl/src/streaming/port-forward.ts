import { createServer, type Server, type Socket } from 'node:net';
import { codeOf, messagesOf } from '@typernetes/base';
import { type ApiClient, UpgradeRefusedError } from '@typernetes/client';
import { type SpdySession, spdySession } from '@typernetes/client/spdy';
import { openWebSocket } from './web-socket.ts';
import { webSocketDuplex } from './web-socket-duplex.ts';

const protocol = 'portforward.k8s.io';

/** Opens a session that carries connections to ports of a pod: through a WebSocket where the server has that, else by SPDY. */
export async function openPortForward(
  client: Pick<ApiClient, 'transport'>,
  path: string,
  signal: AbortSignal,
): Promise<SpdySession> {
  try {
    const socket = await openWebSocket(client, path, { protocols: [`SPDY/3.1+${protocol}`], signal });
    return spdySession(webSocketDuplex(socket));
  } catch (error) {
    if (!(error instanceof UpgradeRefusedError)) throw error;
    const headers = { connection: 'Upgrade', upgrade: 'SPDY/3.1', 'x-stream-protocol-version': protocol };
    try {
      const { socket } = await client.transport.upgrade({ method: 'POST', path, headers, signal });
      return spdySession(socket);
    } catch (again) {
      throw again instanceof UpgradeRefusedError ? new Error(`error upgrading connection: ${refusal(again)}`) : again;
    }
  }
}

/** The server's own words when it has any. */
function refusal({ body, message }: UpgradeRefusedError): string {
  return body.startsWith('{') ? String((JSON.parse(body) as { message?: string }).message) : message;
}

export interface ForwardedPort {
  /** 0 for any that is free. */
  readonly local: number;
  readonly remote: number;
}

/** `8080`, `8888:5000`, `:5000` */
export function forwardedPort(text: string): ForwardedPort {
  const parts = text.split(':');
  const [first = '', second = first] = parts;
  const wrong = (): never => {
    throw new Error(`invalid port format '${text}'`);
  };
  if (parts.length > 2) return wrong();
  const local = first === '' && parts.length === 2 ? 0 : portOf(first, 'local');
  const remote = portOf(second, 'remote');
  if (remote === 0) throw new Error(`remote port must be > 0`);
  return { local, remote };
}

function portOf(text: string, what: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) {
    const why = /^\d+$/.test(text) ? 'value out of range' : 'invalid syntax';
    throw new Error(`error parsing ${what} port '${text}': strconv.ParseUint: parsing ${JSON.stringify(text)}: ${why}`);
  }
  return port;
}

interface ListenAddress {
  readonly address: string;
  /** One of those of localhost, of which one is enough. */
  readonly optional: boolean;
}

/** The addresses that `--address` means, each once, in the order of their letters. */
export function listenAddresses(given: readonly string[]): ListenAddress[] {
  const found = new Map<string, ListenAddress>();
  for (const one of given) {
    if (one !== 'localhost') found.set(one, { address: one, optional: false });
    else
      for (const address of ['127.0.0.1', '::1'])
        if (!found.has(address)) found.set(address, { address, optional: true });
  }
  return [...found.values()].sort((a, b) => (a.address < b.address ? -1 : 1));
}

export interface Listener {
  readonly server: Server;
  readonly address: string;
  readonly port: number;
}

/**
 * Listens on the local side of a port at all addresses, on the port that the first gets where any will do. Rejects with upstream's words when there
 * is none at localhost, or not one that was asked for by its address.
 */
export async function listenFor(
  addresses: readonly ListenAddress[],
  local: number,
  { accept, listening }: { accept: (socket: Socket, port: number) => void; listening: (listener: Listener) => void },
): Promise<void> {
  const failures: string[] = [];
  let port = local;
  const missing = { some: false, every: addresses.some(({ optional }) => optional) };
  for (const { address, optional } of addresses) {
    try {
      const server = await listenAt(address, port, (socket) => accept(socket, port));
      port = portOfServer(server) ?? port;
      if (optional) missing.every = false;
      listening({ server, address, port });
    } catch (error) {
      failures.push(`unable to create listener: Error ${bindText(error, address, port)}`);
      if (!optional) missing.some = true;
    }
  }
  if (missing.some || missing.every) {
    const why = `Listeners failed to create with the following errors: [${failures.join(' ')}]`;
    throw new Error(`Unable to listen on port ${port}: ${why}`);
  }
}

function listenAt(host: string, port: number, accept: (socket: Socket) => void): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, accept);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // As in Go, all addresses of IPv6 are none of IPv4.
    server.listen({ host, port, ipv6Only: host.includes(':') }, () => resolve(server));
  });
}

function portOfServer(server: Server): number | undefined {
  const bound = server.address();
  return typeof bound === 'object' && bound ? bound.port : undefined;
}

const bindReasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'address already in use',
  EADDRNOTAVAIL: 'cannot assign requested address',
  EACCES: 'permission denied',
};

function bindText(error: unknown, address: string, port: number): string {
  const isSix = address.includes(':');
  const where = `listen ${isSix ? 'tcp6' : 'tcp4'} ${isSix ? `[${address}]` : address}:${port}`;
  return `${where}: bind: ${bindReasons[codeOf(error) ?? ''] ?? messagesOf(error)}`;
}

/** Where upstream logs the failure of a connection, by the side that failed. */
const places = { local: 'portforward.go:404', pod: 'portforward.go:424' };

/**
 * Carries one connection: an error stream that says what went wrong, and a stream of data. Settles when it is over. A client that breaks off is
 * no business of other connections; what the pod's side refuses ends the session, as upstream's.
 */
export async function forwardConnection(
  session: SpdySession,
  socket: Socket,
  { remote, local, id, log }: { remote: number; local: number; id: number; log(text: string, place: string): void },
): Promise<void> {
  const headers = { port: String(remote), requestid: String(id) };
  const failures = session.open({ streamtype: 'error', ...headers });
  const data = session.open({ streamtype: 'data', ...headers });
  const failing = (async () => {
    await failures.end();
    let text = '';
    for await (const chunk of failures.incoming) text += Buffer.from(chunk).toString('utf8');
    if (text === '') return;
    log(`an error occurred forwarding ${local} -> ${remote}: ${text}`, places.pod);
    session.close();
  })();
  const ends = `tcp4 ${socket.localAddress}:${socket.localPort}->${socket.remoteAddress}:${socket.remotePort}`;
  const sending = (async () => {
    try {
      // A client that has said everything still wants the answer: its socket stays.
      for await (const chunk of socket.iterator({ destroyOnReturn: false })) await data.write(chunk as Uint8Array);
    } catch (error) {
      if (codeOf(error) === 'ECONNRESET') {
        const reset = `writeto ${ends}: read ${ends}: read: connection reset by peer`;
        log(`error copying from local connection to remote stream: ${reset}`, places.local);
      }
      throw error;
    }
    await data.end();
  })();
  const receiving = (async () => {
    for await (const chunk of data.incoming) {
      if (!socket.write(chunk)) await new Promise((resolve) => socket.once('drain', resolve).once('close', resolve));
    }
    socket.end();
  })();
  // Either side may vanish in the middle of it: then the other is told, and nothing else is to be done.
  await Promise.allSettled([
    sending.catch(() => data.reset()),
    receiving.catch(() => socket.destroy()),
    failing.catch(() => undefined),
  ]);
  socket.destroy();
}
