import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { encodeControl, encodeSynStream } from '@typernetes/client/spdy';
import { tunnel } from './stream-tunnel.ts';

const request = {
  method: 'POST',
  rawHeaders: ['Host', 'kubelet', 'Upgrade', 'SPDY/3.1'],
  headers: { host: 'kubelet', upgrade: 'SPDY/3.1' },
} as IncomingMessage;

/** The runtime's streaming server, and who has connected to it. */
async function runtime(t: TestContext) {
  const connections: Socket[] = [];
  const server = createServer((socket) => {
    connections.push(socket);
    socket.on('error', () => undefined);
  }).listen(0, '127.0.0.1');
  t.after(() => {
    for (const socket of connections) socket.destroy();
    server.close();
  });
  await once(server, 'listening');
  return { server, connections, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/attach/token` };
}

test('the runtime gets the request as it came, with its own name', async (t) => {
  const { server, url } = await runtime(t);
  const client = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  t.after(() => client.destroy());
  tunnel(request, client, { head: Buffer.from('head'), url, idleMs: 0 });
  const [connection] = (await once(server, 'connection')) as [Socket];
  let seen = '';
  for await (const chunk of connection) {
    seen += chunk;
    if (seen.endsWith('head')) break;
  }
  assert.equal(seen, `POST /attach/token HTTP/1.1\r\nHost: ${new URL(url).host}\r\nUpgrade: SPDY/3.1\r\n\r\nhead`);
});

test('a client that has gone meanwhile leaves no connection to the runtime behind', async (t) => {
  const { connections, server, url } = await runtime(t);
  const client = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  client.destroy();
  await once(client, 'close');
  tunnel(request, client, { head: Buffer.alloc(0), url, idleMs: 0 });
  // Somebody else's connection comes after one that was begun before.
  const other = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  t.after(() => other.destroy());
  tunnel({ ...request, method: 'GET' } as IncomingMessage, other, { head: Buffer.alloc(0), url, idleMs: 0 });
  const [connection] = (await once(server, 'connection')) as [Socket];
  const [first] = (await once(connection, 'data')) as [Buffer];
  assert.match(String(first), /^GET /);
  assert.equal(connections.length, 1);
});

test('a client that goes is announced to the runtime once the streams that it opened have their answers', async (t) => {
  const { server, url } = await runtime(t);
  const near = createServer().listen(0, '127.0.0.1');
  t.after(() => near.close());
  await once(near, 'listening');
  const client = connect((near.address() as AddressInfo).port, '127.0.0.1');
  const [[socket]] = (await Promise.all([once(near, 'connection'), once(client, 'connect')])) as [[Socket], unknown];
  tunnel(request, socket, { head: encodeSynStream(1, { streamtype: 'error' }, { first: true }), url, idleMs: 0 });
  const [connection] = (await once(server, 'connection')) as [Socket];
  await once(connection, 'data');
  let ended = false;
  const end = once(connection, 'end').then(() => {
    ended = true;
  });
  client.destroy();
  await once(socket, 'close');
  await new Promise(setImmediate);
  connection.write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
  await new Promise(setImmediate);
  assert.equal(ended, false);
  connection.write(encodeControl(2, Buffer.from([0, 0, 0, 1])));
  await end;
});
