import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { createConnection, type Socket } from 'node:net';
import { test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { readBody } from '@typernetes/client';
import { eventually } from './api.ts';
import { makeServerPlace, type ServerPlace, startServer } from './server-program.ts';

/**
 * Invalid clients on real sockets, against the program in a separate process. Load is bounded by count: never more than
 * a few hundred sockets at once, and ten thousand watches on few connections.
 */

const maps = '/api/v1/namespaces/default/configmaps';

interface Target {
  readonly place: ServerPlace;
  readonly pid: number;
  readonly port: number;
}

const plain = ({ port }: Target): Socket => createConnection(port, '127.0.0.1').on('error', () => {});

async function secure({ place, port }: Target): Promise<TLSSocket> {
  const { ca, cert, key } = place.tls;
  const socket = connect({ host: '127.0.0.1', port, ca, cert, key, ALPNProtocols: ['http/1.1'] });
  socket.on('error', () => {});
  await once(socket, 'secureConnect');
  return socket;
}

/** Reads until the other side closes, or until `isEnough`. */
function readUntil(socket: Socket, isEnough: (text: string) => boolean = () => false): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const finish = (): void => {
      socket.destroy();
      resolve(text);
    };
    socket.on('data', (part: Buffer) => {
      text += part.toString('latin1');
      if (isEnough(text)) finish();
    });
    socket.on('close', finish);
  });
}

const statusIn = (text: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);
const hasHead = (text: string): boolean => text.includes('\r\n\r\n');

async function stillServes({ place }: Target): Promise<void> {
  const transport = place.connect();
  try {
    const response = await transport.request({ method: 'GET', path: maps });
    await readBody(response);
    assert.equal(response.status, 200);
  } finally {
    transport.close();
  }
}

const openFiles = ({ pid }: Target): number => readdirSync(`/proc/${pid}/fd`).length;

/** The number of watches that the server reports. */
async function watches({ place }: Target): Promise<number> {
  const transport = place.connect();
  try {
    const text = Buffer.from(await readBody(await transport.request({ method: 'GET', path: '/metrics' }))).toString();
    const lines = text.split('\n').filter((line) => /^apiserver_longrunning_requests\{.*verb="WATCH"/.test(line));
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  } finally {
    transport.close();
  }
}

async function brokenTls(target: Target): Promise<void> {
  const greetings = [
    ...Array.from({ length: 30 }, () => randomBytes(1 + Math.floor(Math.random() * 400))),
    Buffer.from([0x16, 0x03, 0x01, 0xff, 0xff]),
    Buffer.from([0x16, 0x03, 0x01, 0x00, 0x05, 0x01, 0x00, 0x00, 0x01, 0x00]),
    Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
    Buffer.alloc(0),
  ];
  await Promise.all(
    greetings.map(async (bytes) => {
      const socket = plain(target);
      await once(socket, 'connect');
      socket.end(bytes);
      await readUntil(socket);
    }),
  );
}

const malformed = [
  'GET\r\n\r\n',
  'GET / HTTP/9.9\r\n\r\n',
  'get / http/1.1\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
  'GET / HTTP/1.1\r\nNo colon here\r\n\r\n',
  'GET / HTTP/1.1\r\n: no name\r\n\r\n',
  'GET / HTTP/1.1\r\nBad\u0001Name: x\r\n\r\n',
  `GET /${'a'.repeat(100_000)} HTTP/1.1\r\nHost: a\r\n\r\n`,
  `GET / HTTP/1.1\r\nHost: a\r\nX: ${'b'.repeat(2_000_000)}\r\n\r\n`,
  `GET /nothing HTTP/1.1\r\nHost: a\r\n${Array.from({ length: 5000 }, (_, i) => `X-${i}: y`).join('\r\n')}\r\n\r\n`,
  `POST ${maps} HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n`,
  `POST ${maps} HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef`,
  `POST ${maps} HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  `POST ${maps} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n`,
  `POST ${maps} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n`,
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  '\r\n\r\n\r\n',
  '\u0000\u0000\u0000\u0000',
];

/** Each is rejected or the connection closes; none is served, and none leaves anything behind. */
async function malformedRequests(target: Target): Promise<void> {
  for (const text of malformed) {
    const socket = await secure(target);
    socket.write(text, 'latin1');
    socket.end();
    const status = statusIn(await readUntil(socket));
    assert.ok(
      status === 0 || (status >= 400 && status < 600 && status !== 500),
      `${JSON.stringify(text.slice(0, 60))}: ${status}`,
    );
  }
}

async function pipelined(target: Target): Promise<void> {
  const socket = await secure(target);
  const names = ['kube-system', 'default', 'kube-public'];
  const ends = ['', '', 'Connection: close\r\n'];
  socket.write(names.map((name, i) => `GET /api/v1/namespaces/${name} HTTP/1.1\r\nHost: a\r\n${ends[i]}\r\n`).join(''));
  const text = await readUntil(socket);
  assert.equal(text.split('HTTP/1.1 200').length, 4, text);
  const received = [...text.matchAll(/"kubernetes\.io\/metadata\.name":"([\w-]+)"/g)].map(([, name]) => name);
  assert.deepEqual(received, names, text);
}

/** A head that arrives byte by byte is valid. */
async function slow(target: Target): Promise<void> {
  const socket = await secure(target);
  socket.setNoDelay(true);
  const reading = readUntil(socket, hasHead);
  for (const byte of `GET ${maps} HTTP/1.1\r\nHost: a\r\n\r\n`) {
    socket.write(byte);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(statusIn(await reading), 200);
}

async function largeBodies(target: Target): Promise<void> {
  const size = 10 * 1024 * 1024;
  const piece = Buffer.alloc(64 * 1024, 'x');
  for (const head of [`Content-Length: ${size}`, 'Transfer-Encoding: chunked']) {
    const socket = await secure(target);
    const reading = readUntil(socket, hasHead);
    socket.write(`POST ${maps} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n${head}\r\n\r\n`);
    for (let sent = 0; sent < size && !socket.destroyed; sent += piece.length) {
      const isChunked = head.startsWith('Transfer');
      const more = isChunked ? Buffer.concat([Buffer.from('10000\r\n'), piece, Buffer.from('\r\n')]) : piece;
      // Called both when it is sent and when it never will be.
      await new Promise((resolve) => socket.write(more, resolve));
    }
    if (!socket.destroyed && head.startsWith('Transfer')) socket.write('0\r\n\r\n');
    const status = statusIn(await reading);
    // The server may close the connection before its response could be read, because it need not read everything.
    assert.ok(status === 413 || status === 0, `${head}: ${status}`);
  }
}

/** Sockets that send half of something and then nothing; the server keeps serving others. */
async function halfOpen(target: Target): Promise<void> {
  const sockets = await Promise.all(Array.from({ length: 150 }, () => secure(target)));
  for (const [i, socket] of sockets.entries()) {
    if (i % 3 === 0) socket.write('GET /api/v1/name');
    if (i % 3 === 1) socket.write(`POST ${maps} HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{`);
  }
  const silent = Array.from({ length: 50 }, () => plain(target));
  await Promise.all(silent.map((socket) => once(socket, 'connect')));
  await stillServes(target);
  for (const socket of [...sockets, ...silent]) socket.destroy();
}

async function idleWatches(target: Target): Promise<void> {
  const [perSession, sessionCount] = [250, 40];
  const { ca, cert, key } = target.place.tls;
  const sessions: ClientHttp2Session[] = [];
  try {
    for (let i = 0; i < sessionCount; i++) {
      const session = connectHttp2(target.place.server, { ca, cert, key });
      session.on('error', () => {});
      sessions.push(session);
      await Promise.all(
        Array.from({ length: perSession }, async (_, j) => {
          const stream = session.request({ ':path': `${maps}?watch=true&labelSelector=i%3D${i * perSession + j}` });
          stream.on('error', () => {});
          const [headers] = (await once(stream, 'response')) as [{ ':status': number }];
          assert.equal(headers[':status'], 200);
        }),
      );
    }
    assert.ok((await watches(target)) >= perSession * sessionCount);
    await stillServes(target);
  } finally {
    for (const session of sessions) session.destroy();
  }
}

test('after abuse of its sockets a server still serves, and has leaked nothing', async () => {
  const place = await makeServerPlace();
  const server = await startServer(place);
  const target: Target = { place, pid: server.pid, port: Number(new URL(place.server).port) };
  try {
    await stillServes(target);
    await eventually(async () => ((await watches(target)) < 100 ? true : undefined));
    const [filesBefore, watchesBefore] = [openFiles(target), await watches(target)];
    for (const mistreat of [brokenTls, malformedRequests, pipelined, slow, largeBodies, halfOpen, idleWatches]) {
      await mistreat(target);
      await stillServes(target);
    }
    await eventually(async () => ((await watches(target)) <= watchesBefore ? true : undefined));
    await eventually(() => (openFiles(target) <= filesBefore + 3 ? true : undefined));
  } finally {
    await server.end('SIGTERM');
    place.remove();
  }
});
