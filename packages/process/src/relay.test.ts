import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { FakeClock } from '@typernetes/base/testing';
import { type Farewell, lingerMs, type RelayOptions, relay } from './relay.ts';

const opened: { destroy(): void }[] = [];
after(() => {
  for (const one of opened) one.destroy();
});

/** The two ends of one loopback connection: client and server. */
async function connection(): Promise<[Socket, Socket]> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const near = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [[far]] = (await Promise.all([once(server, 'connection'), once(near, 'connect')])) as [[Socket], unknown];
  server.close();
  for (const socket of [near, far]) {
    opened.push(socket);
    socket.on('error', () => undefined);
  }
  return [near, far];
}

/** client <-> (our two sockets) <-> backend */
async function relayed(
  options: RelayOptions = {},
): Promise<{ client: Socket; backend: Socket; ours: [Socket, Socket] }> {
  const [client, left] = await connection();
  const [right, backend] = await connection();
  left.pause();
  relay(left, right, options);
  return { client, backend, ours: [left, right] };
}

async function everythingFrom(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

test('copies bytes in both directions until both sides have ended', async () => {
  const { client, backend, ours } = await relayed();
  client.write('question');
  assert.equal(String((await once(backend, 'data'))[0]), 'question');
  backend.end('answer');
  assert.equal(await everythingFrom(client), 'answer');
  await Promise.all(ours.map((socket) => socket.closed || once(socket, 'close')));
});

test('a slow reader gets everything sent before the end', async () => {
  const { client, backend } = await relayed();
  const size = 20 << 20;
  backend.end(Buffer.alloc(size, 'x'));
  let read = 0;
  for await (const chunk of client) {
    read += (chunk as Buffer).length;
    await new Promise(setImmediate);
  }
  assert.equal(read, size);
});

test('the last data of a side that resets its connection arrives, even while the other is still sending', async () => {
  for (let round = 0; round < 50; round++) {
    const { client, backend } = await relayed();
    backend.pause();
    client.write('input that nobody will read');
    const sending = setInterval(() => client.write('more of it'), 0);
    backend.write('exit code 7', () => backend.resetAndDestroy());
    assert.equal(await everythingFrom(client), 'exit code 7');
    clearInterval(sending);
  }
});

test('a client that disconnects closes the other side', async () => {
  const { client, backend } = await relayed();
  client.destroy();
  backend.resume();
  await once(backend, 'close');
});

test('a side that does not end by itself is closed after a while', async () => {
  const clock = new FakeClock();
  const [client, left] = await connection();
  const [right, backend] = await connection();
  backend.allowHalfOpen = true;
  relay(left, right, { clock });
  client.destroy();
  backend.resume();
  await once(backend, 'end');
  const closed = once(right, 'close');
  await new Promise(setImmediate);
  assert.equal(right.destroyed, false);
  await clock.advance(lingerMs);
  await closed;
  backend.destroy();
});

/** Lets bytes pass up to a full stop, which waits for as many answers as there were questions. */
function questions(): Farewell {
  let open = 0;
  return {
    sent(chunk) {
      const text = String(chunk);
      open += text.split('?').length - 1;
      return open > 0 && text.includes('.') ? text.indexOf('.') : chunk.length;
    },
    answered(chunk) {
      open -= String(chunk).split('!').length - 1;
    },
    get due() {
      return open === 0;
    },
    patienceMs: 2000,
  };
}

test('the end is passed on once what was asked has its answer, even when who asked is gone', async () => {
  const clock = new FakeClock();
  const { client, backend, ours } = await relayed({ clock, farewell: questions() });
  let ended = false;
  const end = once(backend, 'end').then(() => {
    ended = true;
  });
  client.write('one? two?', () => client.destroy());
  assert.equal(String((await once(backend, 'data'))[0]), 'one? two?');
  await (ours[0].closed || once(ours[0], 'close'));
  backend.write('one!');
  await once(ours[1], 'data');
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  assert.equal(ended, false);
  backend.write('two!');
  await end;
  await (ours[1].closed || once(ours[1], 'close'));
  assert.equal(clock.pending, 0);
});

test('the end is passed on at once when all has been answered, and after a while when no answer comes', async () => {
  const clock = new FakeClock();
  const answered = await relayed({ clock, farewell: questions() });
  answered.client.write('one?');
  await once(answered.backend, 'data');
  answered.backend.write('one!');
  await once(answered.client, 'data');
  answered.client.destroy();
  await once(answered.backend, 'end');

  const silent = await relayed({ clock, farewell: questions() });
  const end = once(silent.backend, 'end');
  silent.client.end('one?');
  await once(silent.backend, 'data');
  while (clock.pending === 0) await new Promise(setImmediate);
  await clock.advance(2000);
  await end;
});

test('a farewell among the data waits for the answers, and what follows stays behind it', async () => {
  const { client, backend } = await relayed({ clock: new FakeClock(), farewell: questions() });
  client.write('one? bye. more');
  assert.equal(String((await once(backend, 'data'))[0]), 'one? bye');
  client.end('most');
  backend.write('one!');
  assert.equal(await everythingFrom(backend), '. moremost');
  backend.end();
});
