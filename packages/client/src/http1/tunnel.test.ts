import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { test } from 'node:test';
import { tunnelTo } from './tunnel.ts';

/** Sends its lines in turn, one for each received piece, and records what it received. */
async function speaking(
  answers: readonly (readonly number[] | string)[],
): Promise<{ url: (scheme: string) => URL; heard: Buffer[]; server: Server }> {
  const heard: Buffer[] = [];
  const server = createServer((socket: Socket) => {
    let turn = 0;
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      heard.push(chunk);
      const answer = answers[turn++];
      if (answer !== undefined) socket.write(typeof answer === 'string' ? answer : Buffer.from(answer));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: (scheme) => new URL(`${scheme}127.0.0.1:${port}`), heard, server };
}

async function through(proxy: URL, host: string): Promise<string> {
  const socket = await tunnelTo({ host, port: 6443 }, proxy, { tls: {}, onSocket: () => undefined });
  const [first] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return first.toString();
}

test("SOCKS 5 with user and password; keeps the server's data after the response", async () => {
  const { url, heard, server } = await speaking([[5, 2], [1, 0], `\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00hello`]);
  const proxy = url('socks5://');
  Object.assign(proxy, { username: 'me', password: 'pw' });
  assert.equal(await through(proxy, 'api.example.com'), 'hello');
  assert.deepEqual([...(heard[0] ?? [])], [5, 2, 0, 2]);
  assert.equal(heard[1]?.toString('latin1'), '\x01\x02me\x02pw');
  assert.equal(heard[2]?.toString('latin1'), `\x05\x01\x00\x03\x0fapi.example.com\x19\x2b`);
  server.close();
});

test('a proxy that refuses says why', async () => {
  const socks = await speaking([
    [5, 0],
    [5, 5, 0, 1, 0, 0, 0, 0, 0, 0],
  ]);
  await assert.rejects(through(socks.url('socks5://'), '192.0.2.1'), /socks connect: connection refused/);
  const http = await speaking(['HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n']);
  await assert.rejects(through(http.url('http://'), '192.0.2.1'), /^Error: Forbidden$/);
  assert.match(http.heard.toString(), /^CONNECT 192\.0\.2\.1:6443 HTTP\/1\.1\r\nHost: 192\.0\.2\.1:6443\r\n/);
  socks.server.close();
  http.server.close();
});

test('an HTTP proxy gets the credentials, and its tunnel is the connection', async () => {
  const { url, heard, server } = await speaking(['HTTP/1.1 200 Connection established\r\n\r\nhello']);
  const proxy = url('http://');
  Object.assign(proxy, { username: 'me', password: 'pw' });
  assert.equal(await through(proxy, 'api.example.com'), 'hello');
  assert.match(heard.toString(), /Proxy-Authorization: Basic bWU6cHc=/);
  server.close();
});
