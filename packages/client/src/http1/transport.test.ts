import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { FakeClock } from '@typernetes/base/testing';
import { readBody, type Transport } from '../transport.ts';
import { http1Transport } from './transport.ts';

interface Place {
  readonly transport: Transport;
  readonly server: Server;
  readonly clock: FakeClock;
  /** Sockets in the order in which they were made, from the server's side. */
  readonly sockets: Socket[];
}

/** Against Node's own server. */
async function serving(listener: RequestListener, use: (place: Place) => Promise<void>): Promise<void> {
  const server = createServer(listener);
  const sockets: Socket[] = [];
  server.on('connection', (socket) => sockets.push(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const clock = new FakeClock();
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const transport = http1Transport({ url, tls: {}, clock, answerTimeoutMs: 75_000 });
  try {
    await use({ transport, server, clock, sockets });
    assert.equal(clock.pending, 0);
  } finally {
    transport.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** Against a server that answers with what `talk` writes. */
async function talking(talk: (socket: Socket, serial: number) => void, use: (transport: Transport) => Promise<void>) {
  let serial = 0;
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    talk(socket, serial++);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const transport = http1Transport({ url, tls: {}, clock: new FakeClock() });
  try {
    await use(transport);
  } finally {
    transport.close();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

async function text(transport: Transport, request: Parameters<Transport['request']>[0]): Promise<string> {
  return Buffer.from(await readBody(await transport.request(request))).toString();
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('every method, with and without a body, ascii or not, as text or bytes, on one connection', async () => {
  const echo: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => response.end(`${request.method} ${request.url} ${Buffer.concat(chunks)}`));
  };
  await serving(echo, async ({ transport, sockets }) => {
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      for (const body of [undefined, '{"a":1}', '{"a":"ä中"}', Buffer.from('bytes'), 'x'.repeat(200_000)]) {
        const answer = await text(transport, { method, path: '/x?y=z', ...(body !== undefined && { body }) });
        assert.equal(answer, `${method} /x?y=z ${body ?? ''}`);
      }
    }
    assert.equal(Buffer.from(await readBody(await transport.request({ method: 'HEAD', path: '/' }))).length, 0);
    assert.equal(sockets.length, 1);
  });
});

test('a long chunked body arrives complete, even with a slow reader', async () => {
  const part = Buffer.alloc(64 * 1024, 'x');
  // More than both sides' sockets hold.
  const parts = 400;
  const listener: RequestListener = (_, response) => {
    for (let i = 0; i < parts; i++) response.write(part);
    response.end('end');
  };
  await serving(listener, async ({ transport, sockets }) => {
    const { body } = await transport.request({ method: 'GET', path: '/' });
    for (let i = 0; i < 50; i++) await turn();
    // The server has to wait: its buffers are full.
    assert.ok((sockets[0]?.writableLength ?? 0) > 0);
    let size = 0;
    for await (const chunk of body) {
      size += chunk.length;
      await turn();
    }
    assert.equal(size, parts * part.length + 3);
    assert.equal(await text(transport, { method: 'HEAD', path: '/' }), '');
    assert.equal(sockets.length, 1);
  });
});

test('keeps only some of the connections of a burst', async () => {
  const waiting: (() => void)[] = [];
  const requests = 80;
  await serving(
    (_request, response) => {
      waiting.push(() => response.end('ok'));
      if (waiting.length === requests) for (const answer of waiting) answer();
    },
    async ({ transport, sockets }) => {
      await Promise.all(Array.from({ length: requests }, () => text(transport, { method: 'GET', path: '/' })));
      assert.equal(sockets.length, requests);
      while (sockets.filter(({ destroyed }) => !destroyed).length > 64) await turn();
    },
  );
});

test('writes beyond the limit wait for a free connection, until they are aborted or have waited too long', async () => {
  const waiting: (() => void)[] = [];
  const atOnce = 64;
  await serving(
    (_request, response) => void waiting.push(() => response.end('ok')),
    async ({ transport, sockets, clock }) => {
      const write = (signal?: AbortSignal) =>
        text(transport, { method: 'POST', path: '/', ...(signal ? { signal } : {}) });
      const answer = async (): Promise<void> => {
        while (waiting.length === 0) await turn();
        waiting.shift()?.();
      };
      const first = Array.from({ length: atOnce }, () => write());
      while (waiting.length < atOnce) await turn();
      const stop = new AbortController();
      const late = Array.from({ length: 10 }, () => write());
      const aborted = write(stop.signal);
      const read = text(transport, { method: 'GET', path: '/' });
      while (waiting.length <= atOnce) await turn();
      waiting.pop()?.();
      await read;
      stop.abort();
      await assert.rejects(aborted, { name: 'AbortError' });
      for (let i = 0; i < atOnce + late.length; i++) await answer();
      await Promise.all([...first, ...late]);
      assert.equal(sockets.length, atOnce + 1);

      const again = Array.from({ length: atOnce + 1 }, () => write());
      while (waiting.length < atOnce) await turn();
      await clock.advance(1000);
      while (waiting.length <= atOnce) await turn();
      for (const end of waiting.splice(0)) end();
      await Promise.all(again);
    },
  );
});

test('opens as many connections as requests, reuses the last one first, and closes idle ones', async () => {
  const waiting: (() => void)[] = [];
  const listener: RequestListener = (request, response) => {
    if (request.url === '/now') response.end();
    else waiting.push(() => response.end());
  };
  await serving(listener, async ({ transport, sockets, clock, server }) => {
    server.keepAliveTimeout = 60_000;
    const requests = [1, 2, 3].map(() => text(transport, { method: 'GET', path: '/wait' }));
    while (waiting.length < 3) await turn();
    for (const answer of waiting) answer();
    await Promise.all(requests);
    for (let i = 0; i < 5; i++) await text(transport, { method: 'GET', path: '/now' });
    assert.equal(sockets.length, 3);
    // The server said that it keeps them for 60 s.
    await clock.advance(59_500);
    await text(transport, { method: 'GET', path: '/now' });
    assert.equal(sockets.length, 4);
  });
});

test('on a connection that the server has closed, safe requests are repeated, others fail', async () => {
  let seen = 0;
  const listener: RequestListener = (request, response) => {
    seen++;
    if (request.headers['x-drop']) request.socket.destroy();
    else response.end('ok');
  };
  await serving(listener, async ({ transport, server, sockets }) => {
    const warm = (): Promise<string> => text(transport, { method: 'GET', path: '/' });
    await warm();
    // The server closes the connection on this request: to the client it looks as if it had been closed before.
    const drop = { path: '/', headers: { 'x-drop': '1' } };
    await assert.rejects(text(transport, { method: 'POST', ...drop, body: '{}' }), { code: 'ECONNRESET' });
    assert.equal(seen, 2);
    await warm();
    await assert.rejects(text(transport, { method: 'GET', ...drop }), { code: 'ECONNRESET' });
    assert.equal(seen, 5, 'once more on a new connection, not for ever');
    await warm();
    // Closed while it was idle: noticed, and never used.
    const idle = sockets.at(-1) as Socket;
    server.closeIdleConnections();
    if (!idle.closed) await once(idle, 'close');
    for (let i = 0; i < 3; i++) await turn();
    assert.equal(await text(transport, { method: 'POST', path: '/', body: '{}' }), 'ok');
  });
});

test('a connection dies in the middle of an answer', async () => {
  const listener: RequestListener = (_, response) => {
    response.writeHead(200, { 'content-length': '10' }).write('begun', () => response.destroy());
  };
  await serving(listener, async ({ transport }) => {
    const response = await transport.request({ method: 'GET', path: '/' });
    let got = '';
    await assert.rejects(
      async () => {
        for await (const chunk of response.body) got += Buffer.from(chunk);
      },
      { code: 'ECONNRESET' },
    );
    assert.equal(got, 'begun');
  });
});

test('aborts before, while connecting, while waiting, while reading; others continue', async () => {
  const listener: RequestListener = (request, response) => {
    if (request.url === '/now') response.end('now');
    else if (request.url === '/body') response.write('begun');
  };
  await serving(listener, async ({ transport, sockets }) => {
    const aborted = { name: 'AbortError' };
    const before = AbortSignal.abort();
    await assert.rejects(transport.request({ method: 'GET', path: '/now', signal: before }), aborted);
    assert.equal(sockets.length, 0);

    const connecting = new AbortController();
    const early = transport.request({ method: 'GET', path: '/now', signal: connecting.signal });
    connecting.abort();
    await assert.rejects(early, aborted);

    // One signal for several requests, as programs pass theirs down.
    const shared = new AbortController();
    const { signal } = shared;
    assert.equal(await text(transport, { method: 'GET', path: '/now', signal }), 'now');
    const waiting = transport.request({ method: 'GET', path: '/never', signal });
    const reading = await transport.request({ method: 'GET', path: '/body', signal });
    const read = assert.rejects(readBody(reading), aborted);
    const unread = await transport.request({ method: 'GET', path: '/body', signal });
    shared.abort();
    await assert.rejects(waiting, aborted);
    await read;
    await assert.rejects(readBody(unread), aborted);
    assert.equal(await text(transport, { method: 'GET', path: '/now' }), 'now');
  });
});

test('ending to read early closes the connection', async () => {
  const listener: RequestListener = (_, response) => void response.write('begun');
  await serving(listener, async ({ transport, sockets }) => {
    const response = await transport.request({ method: 'GET', path: '/' });
    for await (const _ of response.body) break;
    const [socket] = sockets;
    if (socket && !socket.closed) await once(socket, 'close');
  });
});

test('closing ends requests under way', async () => {
  let arrived = (): void => {};
  const asked = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  await serving(
    () => arrived(),
    async ({ transport }) => {
      const request = assert.rejects(transport.request({ method: 'GET', path: '/' }), { code: 'ECONNRESET' });
      await asked;
      transport.close();
      await request;
    },
  );
});

test('a response before the end of the request, and a close', async () => {
  const answer = 'HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno';
  await talking(
    (socket) => socket.once('data', () => socket.write(answer)),
    async (transport) => {
      const response = await transport.request({ method: 'POST', path: '/', body: 'x'.repeat(5_000_000) });
      assert.equal(response.status, 413);
      assert.equal(Buffer.from(await readBody(response)).toString(), 'no');
    },
  );
});

test('reports a server that speaks another protocol, and does not reuse the connection', async () => {
  await talking(
    (socket, serial) =>
      socket.once('data', () => socket.write(serial === 0 ? 'SSH-2.0-x\r\n\r\n' : 'HTTP/1.1 204 No Content\r\n\r\n')),
    async (transport) => {
      await assert.rejects(transport.request({ method: 'GET', path: '/' }), /malformed HTTP response: "SSH-2.0-x"/);
      assert.equal((await transport.request({ method: 'GET', path: '/' })).status, 204);
    },
  );
});

test('a body without a length ends with the connection', async () => {
  await talking(
    (socket) => socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\nuntil the end')),
    async (transport) => assert.equal(await text(transport, { method: 'GET', path: '/' }), 'until the end'),
  );
});

test('gives up a server that has vanished, and idle connections to it', async () => {
  let silent = false;
  const listener: RequestListener = (_, response) => void (silent || response.end('ok'));
  await serving(listener, async ({ transport, clock, sockets }) => {
    await Promise.all([1, 2, 3].map(() => text(transport, { method: 'GET', path: '/' })));
    assert.equal(sockets.length, 3);
    silent = true;
    const writing = assert.rejects(text(transport, { method: 'POST', path: '/', body: 'x' }), {
      message: 'net/http: timeout awaiting response headers',
    });
    await turn();
    await clock.advance(75_000);
    await writing;
    // A read is repeated on a new connection: there may be another server at the address by now.
    silent = false;
    assert.equal(await text(transport, { method: 'GET', path: '/' }), 'ok');
    assert.equal(sockets.length, 4, 'none of the old connections was used again');
  });
});

test('a body may take as long as it likes', async () => {
  const answers: (() => void)[] = [];
  const listener: RequestListener = (_, response) => {
    response.flushHeaders();
    answers.push(() => response.end('late'));
  };
  await serving(listener, async ({ transport, clock }) => {
    const response = await transport.request({ method: 'GET', path: '/' });
    await clock.advance(600_000);
    for (const answer of answers) answer();
    assert.equal(Buffer.from(await readBody(response)).toString(), 'late');
  });
});

test('a connection opened ahead serves the first read; its failure is that request’s', async () => {
  await serving(
    (request, response) => void response.end(request.url),
    async ({ transport, sockets }) => {
      await transport.connectAhead?.();
      await transport.connectAhead?.();
      assert.equal(await text(transport, { method: 'GET', path: '/a' }), '/a');
      assert.equal(sockets.length, 1);

      await transport.connectAhead?.();
      const unwanted = transport.request({ method: 'GET', path: '/b', signal: AbortSignal.abort() });
      await assert.rejects(unwanted, { name: 'AbortError' });
      assert.equal(await text(transport, { method: 'GET', path: '/c' }), '/c');
    },
  );
  const gone = http1Transport({ url: new URL('http://127.0.0.1:1'), tls: {}, clock: new FakeClock() });
  await gone.connectAhead?.();
  await assert.rejects(gone.request({ method: 'GET', path: '/' }), { code: 'ECONNREFUSED' });
  gone.close();
});
