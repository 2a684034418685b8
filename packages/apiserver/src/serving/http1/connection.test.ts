import assert from 'node:assert/strict';
import { type Duplex, duplexPair } from 'node:stream';
import { test } from 'node:test';
import { FakeClock } from '@typernetes/base/testing';
import type { Handler } from '../../handlers/handler.ts';
import { errorReply, jsonReply, statusErrorOf, textReply } from '../../request/reply.ts';
import { type Reply, type ServerRequest, type StreamBody, taken } from '../../request/server-request.ts';
import { Exchanges } from '../exchanges.ts';
import { Http1Server } from './server.ts';

/** Echoes what arrived. */
const mirror: Handler = async (request) => {
  try {
    const body = Buffer.from(await request.body(1000)).toString();
    return jsonReply(200, { method: request.method, path: request.path, query: `${request.query}`, body });
  } catch (error) {
    return errorReply(statusErrorOf(error));
  }
};

interface Talk {
  readonly client: Duplex;
  readonly clock: FakeClock;
  readonly exchanges: Exchanges;
  readonly server: Http1Server;
  /** All that the server has sent, without the Date lines. */
  text(): string;
  isEnded(): boolean;
  send(text: string): void;
  /** Lets everything happen that takes no time. */
  settle(): Promise<void>;
}

function talk(handler: Handler): Talk {
  const [client, socket] = duplexPair();
  const [clock, exchanges] = [new FakeClock(), new Exchanges()];
  const server = new Http1Server({ handler, exchanges, clock });
  socket.on('error', () => socket.destroy());
  server.accept(socket);
  let received = '';
  client.setEncoding('latin1').on('data', (text: string) => {
    received += text;
  });
  return {
    client,
    clock,
    exchanges,
    server,
    text: () => received.replace(/^date: .*\r\n/gm, ''),
    isEnded: () => client.readableEnded || client.destroyed,
    send: (text) => void client.write(text, 'latin1'),
    settle: async () => {
      for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

const answer = (value: object, more = ''): string => {
  const body = `${JSON.stringify(value)}\n`;
  return `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n${more}\r\n${body}`;
};
const seen = (method: string, path: string, body = '', query = ''): object => ({ method, path, query, body });

/** Everything a client may send at once, and the responses. */
const conversation = {
  sent: [
    'GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n',
    'POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello\r\n',
    'POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\nT: u\r\n\r\n',
    'HEAD /d HTTP/1.1\r\nHost: x\r\n\r\n',
    'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n',
    'GET http://x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
    'GET /e HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\nGET /never HTTP/1.1\r\nHost: x\r\n\r\n',
  ].join(''),
  got: [
    answer(seen('GET', '/a', '', 'b=c')),
    answer(seen('POST', '/b', 'hello')),
    answer(seen('POST', '/c', 'abcde')),
    answer(seen('HEAD', '/d')).replace(/\r\n\r\n.*$/s, '\r\n\r\n'),
    'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n',
    answer(seen('GET', '/'), 'connection: keep-alive\r\n'),
    answer(seen('GET', '/e'), 'connection: close\r\n'),
  ].join(''),
};

test('answers pipelined requests in order, however their bytes are cut', async () => {
  const { sent, got } = conversation;
  const ways = Array.from({ length: sent.length }, (_, cut) => [sent.slice(0, cut), sent.slice(cut)]);
  for (const pieces of [...ways, [...sent], sent.match(/.{1,7}/gs) ?? []]) {
    const { send, text, settle, isEnded } = talk(mirror);
    for (const piece of pieces) {
      send(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await settle();
    assert.equal(text(), got, JSON.stringify(pieces[0]));
    assert.ok(isEnded());
  }
});

test('replies once to an invalid request, and closes the connection', async () => {
  const cases: [sent: string, got: RegExp][] = [
    [
      'nonsense\r\n\r\n',
      /^HTTP\/1\.1 400 Bad Request: malformed request line\r\n.*close\r\n\r\n400 Bad Request: malf/s,
    ],
    ['GET / HTTP/1.1\r\n\r\n', /^HTTP\/1\.1 400 Bad Request: missing required Host header\r\n/],
    ['GET / HTTP/3.0\r\n\r\n', /^HTTP\/1\.1 505 HTTP Version Not Supported: unsupported protocol version\r\n/],
    ['PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: a\r\n\r\n', /^HTTP\/1\.1 501 Not Implemented\r\n.*Unsupported/s],
    ['PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nExpect: x\r\n\r\n', /^HTTP\/1\.1 417 Expectation Failed\r\n/],
    [`GET / HTTP/1.1\r\nA: ${'x'.repeat(1100_000)}\r\n\r\n`, /^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/],
    [
      'PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n',
      /^HTTP\/1\.1 400 .*connection: close\r\n/s,
    ],
  ];
  for (const [sent, got] of cases) {
    const { send, text, settle, isEnded } = talk(mirror);
    send(sent);
    send('GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n');
    await settle();
    assert.match(text(), got, sent.slice(0, 60));
    assert.ok(isEnded());
    assert.equal(text().match(/HTTP\/1\.1 /g)?.length, 1);
  }
});

test('sends 100 Continue when the body is read', async () => {
  const eager = talk(mirror);
  eager.send('PUT /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n');
  await eager.settle();
  assert.equal(eager.text(), 'HTTP/1.1 100 Continue\r\n\r\n');
  eager.send('abc');
  await eager.settle();
  assert.equal(eager.text(), `HTTP/1.1 100 Continue\r\n\r\n${answer(seen('PUT', '/a', 'abc'))}`);

  const refusing = talk(async () => textReply(403, 'no'));
  refusing.send('PUT /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n');
  await refusing.settle();
  assert.match(refusing.text(), /^HTTP\/1\.1 403 Forbidden\r\n.*connection: close\r\n\r\nno$/s);
  assert.ok(refusing.isEnded());
});

test('refuses bodies over the limit; the connection continues only if little of them is left', async () => {
  const put = (length: number): string => `PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`;
  const little = talk(mirror);
  little.send(put(2000) + 'x'.repeat(500));
  await little.settle();
  assert.match(little.text(), /^HTTP\/1\.1 413 .*"reason":"RequestEntityTooLarge".*\n$/s);
  little.send(`${'x'.repeat(1500)}GET /b HTTP/1.1\r\nHost: x\r\n\r\n`);
  await little.settle();
  assert.ok(little.text().endsWith(answer(seen('GET', '/b'))));

  const much = talk(mirror);
  much.send(put(10_000_000) + 'x'.repeat(100_000));
  await much.settle();
  assert.match(much.text(), /^HTTP\/1\.1 413 .*connection: close\r\n/s);
  assert.ok(much.isEnded());

  const chunked = talk(mirror);
  chunked.send('PUT /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
  for (let i = 0; i < 20; i++) chunked.send(`64\r\n${'x'.repeat(100)}\r\n`);
  await chunked.settle();
  assert.match(chunked.text(), /^HTTP\/1\.1 413 .*connection: close\r\n/s);
});

const streaming =
  (body: StreamBody, headers: Reply['headers'] = {}): Handler =>
  async () => ({ status: 200, headers, body });

test('streams in chunks, by length, or until the end; joins what is written together', async () => {
  const body: StreamBody = async (sink) => {
    sink.write(Buffer.from('a'));
    sink.write(Buffer.from('bc'));
    sink.write(new Uint8Array());
    await Promise.resolve();
    sink.write(Buffer.from('d'));
  };
  const chunked = talk(streaming(body));
  chunked.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await chunked.settle();
  const coded = '1\r\na\r\n2\r\nbc\r\n1\r\nd\r\n0\r\n\r\n';
  assert.equal(chunked.text(), `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${coded}`);
  assert.ok(!chunked.isEnded());

  const measured = talk(streaming(body, { 'content-length': '4' }));
  measured.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await measured.settle();
  assert.equal(measured.text(), 'HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nabcd');

  for (const length of ['3', '5']) {
    const wrong = talk(streaming(body, { 'content-length': length }));
    wrong.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await wrong.settle();
    assert.ok(wrong.isEnded());
  }

  const old = talk(streaming(body));
  old.send('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
  await old.settle();
  assert.equal(old.text(), 'HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nabcd');
  assert.ok(old.isEnded());
});

test('a writer whose client does not read waits, and learns when the client is gone', async () => {
  let asked = 0;
  const gone = Promise.withResolvers<Error>();
  const written = Promise.withResolvers<void>();
  const { client, send, settle, exchanges } = talk(
    streaming(async (sink) => {
      while (sink.write(Buffer.alloc(10_000))) asked++;
      written.resolve();
      await sink.drained();
      gone.resolve(sink.signal.reason as Error);
    }),
  );
  client.pause();
  send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await written.promise;
  await settle();
  assert.ok(asked < 20);
  client.destroy();
  await settle();
  assert.equal((await gone.promise).message, 'The client went away');
  await exchanges.untilIdle();
});

test('stops reading from a client that pipelines without reading', async () => {
  let served = 0;
  const { client, send, settle } = talk(async () => {
    served++;
    return textReply(200, 'x'.repeat(10_000));
  });
  client.pause();
  for (let i = 0; i < 100; i++) send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await settle();
  assert.ok(served < 30, `${served} served`);
  client.resume();
  await settle();
  await settle();
  assert.equal(served, 100);
});

test('stops reading a body that nobody consumes, to limit memory', async () => {
  const gate = Promise.withResolvers<void>();
  const { client, send, settle, text } = talk(async (request) => {
    await gate.promise;
    let size = 0;
    for await (const chunk of request.bodyStream()) size += chunk.length;
    return textReply(200, `${size}`);
  });
  send('PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n');
  for (let i = 0; i < 300; i++) send('x'.repeat(10_000));
  await settle();
  assert.ok(client.writableLength > 2_000_000, `${client.writableLength} waiting`);
  gate.resolve();
  for (let i = 0; i < 20; i++) await settle();
  assert.match(text(), /\r\n\r\n3000000$/);
});

test('a client that disconnects aborts its request; one that half-closes still gets its response', async () => {
  for (const leaves of [true, false]) {
    const arrived = Promise.withResolvers<ServerRequest>();
    const gate = Promise.withResolvers<void>();
    const { client, send, settle, text, isEnded, exchanges } = talk(async (request) => {
      arrived.resolve(request);
      await gate.promise;
      return textReply(200, 'done');
    });
    send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    const request = await arrived.promise;
    assert.equal(request.signal.aborted, false);
    if (leaves) client.destroy();
    else client.end();
    await settle();
    assert.equal(request.signal.aborted, true);
    gate.resolve();
    await settle();
    await exchanges.untilIdle();
    if (!leaves) assert.match(text(), /done$/);
    assert.ok(isEnded());
  }
});

test('a client that disconnects in the middle of a body fails its reader', async () => {
  const failed = Promise.withResolvers<unknown>();
  const { client, send, settle } = talk(async (request) => {
    await request.body(1000).catch(failed.resolve);
    return textReply(400, '');
  });
  send('PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc');
  await settle();
  client.destroy();
  assert.match(String(await failed.promise), /The client went away/);
});

test('an upgrade request takes over the connection with all further bytes, or is refused and closed', async () => {
  const upgrade = 'GET /exec HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nearly';
  const took = talk(async ({ takeConnection }) => {
    await new Promise((resolve) => setImmediate(resolve));
    const connection = takeConnection?.();
    assert.ok(connection);
    connection.socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
    connection.socket.write(connection.head);
    connection.socket.pipe(connection.socket);
    return taken;
  });
  took.send(upgrade);
  took.send('+late');
  await took.settle();
  assert.equal(took.text(), 'HTTP/1.1 101 Switching Protocols\r\n\r\nearly+late');
  took.send('HTTP is over');
  await took.settle();
  assert.match(took.text(), /HTTP is over$/);
  await took.exchanges.untilIdle();

  const refused = talk(async () => textReply(403, 'no'));
  refused.send(upgrade);
  await refused.settle();
  assert.match(refused.text(), /^HTTP\/1\.1 403 Forbidden\r\n.*connection: close\r\n\r\nno$/s);
  assert.ok(refused.isEnded());
});

test('closes connections that keep the server waiting, not those that it keeps waiting', async () => {
  const gate = Promise.withResolvers<void>();
  const stuck = talk(async () => {
    await gate.promise;
    return textReply(200, '');
  });
  stuck.send('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n');
  const silent = talk(mirror);
  const partial = talk(mirror);
  partial.send('GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b');
  const idle = talk(mirror);
  idle.send('GET /a HTTP/1.1\r\nHost: x\r\n\r\n');
  const unfinished = talk(async () => textReply(200, ''));
  unfinished.send('PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc');
  const all = { stuck, silent, partial, idle, unfinished };
  const after = async (ms: number): Promise<string[]> => {
    for (const { settle, clock } of Object.values(all)) {
      await settle();
      await clock.advance(ms);
      await settle();
    }
    return Object.entries(all).flatMap(([name, { isEnded }]) => (isEnded() ? [name] : []));
  };
  assert.deepEqual(await after(30_000), []);
  assert.deepEqual(await after(10_000), ['silent', 'partial', 'unfinished']);
  assert.deepEqual(await after(120_000), ['silent', 'partial', 'unfinished']);
  assert.deepEqual(await after(40_000), ['silent', 'partial', 'idle', 'unfinished']);
  gate.resolve();
  stuck.client.end();
  await stuck.settle();
  for (const { clock } of Object.values(all)) assert.equal(clock.pending, 0);
});

test('when the server stops, idle connections close at once and busy ones after their response', async () => {
  const gate = Promise.withResolvers<void>();
  const busy = talk(async () => {
    await gate.promise;
    return textReply(200, 'done');
  });
  busy.send('GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /next HTTP/1.1\r\nHost: x\r\n\r\n');
  const idle = talk(mirror);
  idle.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  for (const { settle, exchanges, server } of [busy, idle]) {
    await settle();
    exchanges.endStreams();
    server.retireIdle();
    await settle();
  }
  assert.deepEqual([busy.isEnded(), idle.isEnded()], [false, true]);
  gate.resolve();
  await busy.settle();
  assert.match(busy.text(), /^HTTP\/1\.1 200 OK\r\n.*connection: close\r\n\r\ndone$/s);
  assert.ok(busy.isEnded());
});

test('handlers cannot end headers by their values', async () => {
  const { send, text, settle } = talk(async () => ({
    status: 200,
    headers: { warning: ['299 - "ä"', 'a\r\nb: c'], 'content-length': '7', connection: 'x' },
    body: undefined,
  }));
  send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await settle();
  const utf8 = Buffer.from('ä').toString('latin1');
  assert.equal(text(), `HTTP/1.1 200 OK\r\nwarning: 299 - "${utf8}"\r\nwarning: a  b: c\r\ncontent-length: 0\r\n\r\n`);
});

test('large answers arrive whole', async () => {
  const body = Buffer.alloc(1_000_003, 'abcdefg');
  const { client, settle, text, send } = talk(async () => ({ status: 200, headers: {}, body }));
  send('GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  await new Promise((resolve) => client.once('end', resolve));
  await settle();
  const one = (more: string): string => `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n${more}\r\n${body}`;
  assert.ok(text() === one('') + one('connection: close\r\n'));
});
