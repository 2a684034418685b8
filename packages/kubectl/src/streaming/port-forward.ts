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

/** The addresses that `--address` means; those of localhost that cannot be had are done without. */
export function listenAddresses(given: readonly string[]): { address: string; optional: boolean }[] {
  return given.flatMap((address) =>
    address === 'localhost'
      ? [
          { address: '127.0.0.1', optional: false },
          { address: '::1', optional: true },
        ]
      : [{ address, optional: false }],
  );
}

/** Listens on the local side of a port. Resolves to the server and the port that it got. */
export function listenFor(
  { address, port }: { address: string; port: number },
  accept: (socket: Socket) => void,
): Promise<{ server: Server; port: number }> {
  const server = createServer({ allowHalfOpen: true }, accept);
  return new Promise((resolve, reject) => {
    server.once('error', (error) =>
      reject(new Error(`unable to listen on port ${port}: ${messagesOf(error)}`, { cause: error })),
    );
    server.listen({ host: address, port }, () => {
      const bound = server.address();
      resolve({ server, port: typeof bound === 'object' && bound ? bound.port : port });
    });
  });
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
