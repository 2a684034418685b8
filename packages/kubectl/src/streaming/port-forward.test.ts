import assert from 'node:assert/strict';
import type { Server, Socket } from 'node:net';
import { Duplex, type DuplexOptions, duplexPair } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { decodeSpdyFrame, encodeData, type SpdySession, spdySession } from '@typernetes/client/spdy';
import { forwardConnection, forwardedPort, listenAddresses, listenFor } from './port-forward.ts';

test('ports as they are typed', () => {
  assert.deepEqual(forwardedPort('80'), { local: 80, remote: 80 });
  assert.deepEqual(forwardedPort('8080:80'), { local: 8080, remote: 80 });
  assert.deepEqual(forwardedPort(':80'), { local: 0, remote: 80 });
  assert.throws(() => forwardedPort('1:2:3'), { message: "invalid port format '1:2:3'" });
  assert.throws(() => forwardedPort('80:99999'), /error parsing remote port '99999'.*value out of range/);
  assert.throws(() => forwardedPort('80:0'), /remote port must be > 0/);
  assert.deepEqual(
    listenAddresses(['localhost']).map(({ address }) => address),
    ['127.0.0.1', '::1'],
  );
});

test('addresses to listen on are those asked for, each once', () => {
  const addresses = (...given: string[]): string[] => listenAddresses(given).map(({ address }) => address);
  assert.deepEqual(addresses('localhost', '127.0.0.1'), ['127.0.0.1', '::1']);
  assert.deepEqual(addresses('::', '0.0.0.0', '::'), ['0.0.0.0', '::']);
});

test('a port that is taken is told in the words of Go; one address of localhost is enough', async () => {
  const servers: Server[] = [];
  const ports: number[] = [];
  const listen = (addresses: string[], port: number): Promise<void> =>
    listenFor(listenAddresses(addresses), port, {
      accept: () => undefined,
      listening: ({ server, port: got }) => {
        servers.push(server);
        ports.push(got);
      },
    });
  try {
    await listen(['127.0.0.1'], 0);
    const [port = 0] = ports;
    await listen(['localhost'], port);
    assert.deepEqual(ports, [port, port]);
    const why = (tcp: string, address: string, reason: string): string =>
      `unable to create listener: Error listen ${tcp} ${address}:${port}: bind: ${reason}`;
    const both = `${why('tcp4', '127.0.0.1', 'address already in use')} ${why('tcp6', '[::1]', 'address already in use')}`;
    const unable = `Unable to listen on port ${port}: Listeners failed to create with the following errors:`;
    await assert.rejects(listen(['localhost'], port), { message: `${unable} [${both}]` });
    await assert.rejects(listen(['192.0.2.1'], port), {
      message: `${unable} [${why('tcp4', '192.0.2.1', 'cannot assign requested address')}]`,
    });
  } finally {
    for (const server of servers) server.close();
  }
});

test('streams of a session carry bytes each way and end one by one', async () => {
  const written: Buffer[] = [];
  const options: DuplexOptions = {
    read() {},
    write(chunk: Buffer, _encoding, done) {
      written.push(chunk);
      done();
    },
  };
  const socket = new Duplex(options);
  const session = spdySession(socket);
  const first = session.open({ streamtype: 'error', port: '80', requestid: '0' });
  const second = session.open({ streamtype: 'data', port: '80', requestid: '0' });
  await second.write(Buffer.from('ping'));
  await second.end();
  const frames = written.map((bytes) => decodeSpdyFrame(bytes)?.frame);
  assert.deepEqual(
    frames.map((frame) =>
      frame?.type === 'data' ? [frame.stream, Buffer.from(frame.payload).toString(), frame.final] : frame?.kind,
    ),
    [1, 1, [3, 'ping', false], [3, '', true]],
  );
  const answer = Buffer.concat([encodeData(3, Buffer.from('pong')), encodeData(3, new Uint8Array(), { final: true })]);
  // Frames come in pieces.
  socket.push(answer.subarray(0, 5));
  socket.push(answer.subarray(5));
  let text = '';
  for await (const chunk of second.incoming) text += Buffer.from(chunk).toString();
  assert.equal(text, 'pong');
  socket.push(null);
  await session.closed;
  for await (const chunk of first.incoming) assert.fail(String(chunk));
});

/** A session of whose connections the pod's side complains with `failure`, and answers when the other side has ended. */
function answering(failure: string): { session: SpdySession; seen: string[] } {
  const seen: string[] = [];
  const ended = Promise.withResolvers<void>();
  async function* incoming(streamType: string | undefined): AsyncGenerator<Uint8Array> {
    if (streamType === 'error') {
      if (failure !== '') yield Buffer.from(failure);
      return;
    }
    await ended.promise;
    yield Buffer.from('answer');
  }
  const session = {
    open: ({ streamtype }: Record<string, string>) => ({
      incoming: incoming(streamtype),
      write: async (chunk: Uint8Array) => void seen.push(String(chunk)),
      end: async () => {
        if (streamtype === 'data') ended.resolve();
      },
      reset: () => ended.resolve(),
    }),
    close: () => void seen.push('closed'),
    closed: Promise.resolve(),
  };
  return { session: session as unknown as SpdySession, seen };
}

test('a client that has said everything is still answered', async () => {
  const [client, socket] = duplexPair();
  const { session, seen } = answering('');
  const forwarding = forwardConnection(session, socket as Socket, { remote: 80, local: 1, id: 0, log: assert.fail });
  client.end('question');
  assert.equal(await text(client), 'answer');
  await forwarding;
  assert.deepEqual(seen, ['question']);
});

test("what the pod's side refuses is logged and ends the session", async () => {
  const [client, socket] = duplexPair();
  const { session, seen } = answering('connection refused');
  const said: string[] = [];
  const log = (line: string, place: string): void => void said.push(`${place} ${line}`);
  client.end();
  client.resume();
  await forwardConnection(session, socket as Socket, { remote: 80, local: 1, id: 0, log });
  assert.deepEqual(said, ['portforward.go:424 an error occurred forwarding 1 -> 80: connection refused']);
  assert.deepEqual(seen, ['closed']);
});
