/**
 * The process behind a cluster's port on the host's loopback: `api-port-proxy.ts --cluster=NAME ADDRESS:PORT…`. It listens on
 * descriptor 3, a socket of the host's network that it was given, and connects in the fabric's network, where it runs. The
 * connections go to the API servers in turn, past those that refuse.
 */
import { connect, createServer, type Socket } from 'node:net';

const backends = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
let next = 0;

const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
  client.on('error', () => client.destroy());
  tryBackends(client, backends.length);
});

function tryBackends(client: Socket, attempts: number): void {
  if (attempts === 0) {
    client.destroy();
    return;
  }
  const [host = '', port] = (backends[next++ % backends.length] ?? '').split(':');
  const backend = connect({ host, port: Number(port), noDelay: true, allowHalfOpen: true });
  const onRefusal = (): void => tryBackends(client, attempts - 1);
  backend.once('error', onRefusal);
  backend.once('connect', () => {
    backend.off('error', onRefusal);
    backend.on('error', () => client.destroy());
    client.on('close', () => backend.destroy());
    backend.on('close', () => client.destroy());
    client.pipe(backend).pipe(client);
  });
}

server.listen({ fd: 3 });
