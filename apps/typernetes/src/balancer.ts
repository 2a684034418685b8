import { connect, createServer, type ListenOptions, type Server, type Socket } from 'node:net';

/** One API server and its state. */
export interface Backend {
  readonly host: string;
  readonly port: number;
  /** `unready` backends get connections only when none is ready; the connections of a `lost` one have been cut. */
  state: 'ready' | 'unready' | 'lost';
  /** Open connections to the backend; destroying one also ends the client's side. */
  readonly connections: Set<Socket>;
}

export interface Balancer {
  readonly backends: readonly Backend[];
  listen(options: ListenOptions | { readonly fd: number }): Server;
}

/** How long a backend may take to accept a connection when there are others to try. */
const connectTimeoutMs = 1000;

const order = { ready: 0, unready: 1, lost: 2 } as const;

/** The backends to try, in order; `turn` rotates among equals. */
export function candidates<B extends Pick<Backend, 'state'>>(backends: readonly B[], turn: number): B[] {
  const start = backends.length === 0 ? 0 : turn % backends.length;
  const rotated = [...backends.slice(start), ...backends.slice(0, start)];
  return rotated.sort((a, b) => order[a.state] - order[b.state]);
}

/** Distributes TCP connections over the backends in turn, skipping those that refuse or do not answer. */
export function balancer(addresses: readonly string[]): Balancer {
  const backends = addresses.map(
    (address): Backend => ({
      ...splitAddress(address),
      state: 'ready',
      connections: new Set(),
    }),
  );
  let turn = 0;
  const accept = (client: Socket): void => {
    client.on('error', () => client.destroy());
    join(client, candidates(backends, turn++), backends.length > 1);
  };
  return {
    backends,
    listen: (options) => createServer({ allowHalfOpen: true, noDelay: true }, accept).listen(options),
  };
}

function join(client: Socket, [backend, ...others]: readonly Backend[], impatient: boolean): void {
  if (!backend || client.destroyed) {
    client.destroy();
    return;
  }
  const { host, port, connections } = backend;
  const socket = connect({ host, port, noDelay: true, allowHalfOpen: true });
  const onRefusal = (): void => {
    socket.destroy();
    join(client, others, impatient);
  };
  if (impatient) socket.setTimeout(connectTimeoutMs, () => socket.destroy(new Error('no answer')));
  socket.once('error', onRefusal);
  socket.once('connect', () => {
    socket.setTimeout(0);
    socket.off('error', onRefusal);
    socket.on('error', () => client.destroy());
    connections.add(socket);
    client.on('close', () => socket.destroy());
    socket.on('close', () => {
      connections.delete(socket);
      client.destroy();
    });
    client.pipe(socket).pipe(client);
  });
}

export function splitAddress(address: string): { host: string; port: number } {
  const [host = '', port = ''] = address.split(':');
  return { host, port: Number(port) };
}
