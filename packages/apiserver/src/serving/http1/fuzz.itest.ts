import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { Agent, request } from 'node:https';
import { after, test } from 'node:test';
import { type ConnectionOptions, connect } from 'node:tls';
import { systemClock } from '@typernetes/base';
import fc from 'fast-check';
import type { Handler } from '../../handlers/handler.ts';
import { bytesReply, errorReply, jsonReply, statusErrorOf } from '../../request/reply.ts';
import { loopbackIdentity } from '../../testing/loopback-identity.ts';
import { listenTls } from '../tls-server.ts';

const { ca, leaf } = await loopbackIdentity();

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Echoes what arrived, in one piece or as a stream, followed by a body of the wanted size. */
const mirror: Handler = async (received) => {
  try {
    const body = await received.body(4 * 1024 * 1024);
    const { method, path, query, headers } = received;
    const head = { method, path, query: `${query}`, sent: headers['x-sent'], type: headers['content-type'] };
    const fill = Number(query.get('fill') ?? 0);
    const text = Buffer.from(`${JSON.stringify({ ...head, digest: digest(body) })}\n${'x'.repeat(fill)}`);
    if (query.get('streamed') === null) return bytesReply(200, text);
    return {
      status: 200,
      headers: {},
      body: async (sink) => {
        for (let at = 0; at < text.length; at += 10_000)
          if (!sink.write(text.subarray(at, at + 10_000))) await sink.drained();
      },
    };
  } catch (error) {
    return errorReply(statusErrorOf(error));
  }
};
const server = await listenTls(mirror, {
  host: '127.0.0.1',
  port: 0,
  material: { cert: leaf.certificate, key: leaf.privateKey },
});
const where = { host: '127.0.0.1', port: server.port, ca: ca.certificate };
const agent = new Agent({ keepAlive: true, maxSockets: 4 });
after(async () => {
  agent.destroy();
  await server.close();
});

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly fill: number;
  readonly streamed: boolean;
  readonly note: string;
  readonly body: readonly Uint8Array[];
  readonly chunked: boolean;
  readonly expects: boolean;
}

const sizes = fc.oneof(fc.nat(200), fc.constantFrom(16_383, 16_384, 65_536, 300_000, 1_100_000));
const sent: fc.Arbitrary<Sent> = fc.record({
  method: fc.constantFrom('GET', 'PUT', 'POST', 'PATCH', 'DELETE', 'HEAD'),
  path: fc.stringMatching(/^\/[a-z0-9%/.-]{0,40}$/),
  fill: sizes,
  streamed: fc.boolean(),
  note: fc.stringMatching(/^[!-~]([ -~]{0,50}[!-~])?$/),
  body: fc.array(
    sizes.map((size) => Buffer.alloc(size, 'abc')),
    { maxLength: 3 },
  ),
  chunked: fc.boolean(),
  expects: fc.boolean(),
});

async function ask({ method, path, fill, streamed, note, body, chunked, expects }: Sent): Promise<string> {
  const target = `${path}?fill=${fill}${streamed ? '&streamed' : ''}`;
  const length = body.reduce((sum, { length: one }) => sum + one, 0);
  const waits = expects && length > 0;
  const headers = {
    'X-Sent': note,
    ...(length === 0 ? {} : chunked ? { 'Transfer-Encoding': 'chunked' } : { 'Content-Length': length }),
    ...(waits ? { Expect: '100-continue' } : {}),
  };
  const outgoing = request({ ...where, agent, method, path: target, headers });
  const response = once(outgoing, 'response');
  if (waits) {
    outgoing.flushHeaders();
    await once(outgoing, 'continue');
  }
  for (const piece of body) outgoing.write(piece);
  outgoing.end();
  const [answer] = await response;
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk);
  assert.equal(answer.statusCode, 200);
  return Buffer.concat(chunks).toString();
}

test("Node's own client and the server understand each other, whatever is sent", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(sent, { minLength: 1, maxLength: 6 }), async (requests) => {
      const answers = await Promise.all(requests.map(ask));
      for (const [i, one] of requests.entries()) {
        if (one.method === 'HEAD') {
          assert.equal(answers[i], '');
          continue;
        }
        const [head = '', filled = ''] = answers[i]?.split('\n') ?? [];
        assert.equal(filled.length, one.fill);
        assert.deepEqual(JSON.parse(head), {
          method: one.method,
          path: one.path,
          query: `fill=${one.fill}${one.streamed ? '&streamed=' : ''}`,
          sent: one.note,
          digest: digest(Buffer.concat(one.body)),
        });
      }
    }),
    { numRuns: 60 },
  );
});

const wellFormed = [
  'PUT /a?fill=10 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello',
  'PUT /b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  'GET /c HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
].join('');

test('damaged bytes never hang or kill the server', async () => {
  const damage = fc.array(fc.tuple(fc.nat(wellFormed.length), fc.nat(3), fc.uint8Array({ maxLength: 3 })), {
    minLength: 1,
    maxLength: 4,
  });
  await fc.assert(
    fc.asyncProperty(damage, async (places) => {
      let bytes = Buffer.from(wellFormed);
      for (const [at, removed, added] of places)
        bytes = Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at + removed)]);
      const socket = connect(where);
      socket.on('error', () => socket.destroy());
      socket.resume().end(bytes);
      await once(socket, 'close');
    }),
    { numRuns: 150 },
  );
  assert.match(await ask({ ...plain, path: '/still-there' }), /still-there/);
});

const plain: Sent = {
  method: 'GET',
  path: '/',
  fill: 0,
  streamed: false,
  note: 'n',
  body: [],
  chunked: false,
  expects: false,
};

test('a client may half-close: HTTP/1.1 still responds, HTTP/2 connections end', async () => {
  const gate = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<void>();
  const slow = await listenTls(
    async () => {
      arrived.resolve();
      await gate.promise;
      return jsonReply(200, { late: true });
    },
    { ...where, port: 0, material: { cert: leaf.certificate, key: leaf.privateKey } },
  );
  try {
    const socket = connect({ ...where, port: slow.port, allowHalfOpen: true } as ConnectionOptions);
    let text = '';
    socket.setEncoding('utf8').on('data', (more: string) => {
      text += more;
    });
    socket.end('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await arrived.promise;
    gate.resolve();
    await once(socket, 'close');
    assert.match(text, /"late":true/);

    const session = connectHttp2(`https://127.0.0.1:${slow.port}`, { ca: ca.certificate });
    await once(session, 'connect');
    session.destroy();
    await once(session, 'close');
    const raw = connect({ ...where, port: slow.port, ALPNProtocols: ['h2'], allowHalfOpen: true } as ConnectionOptions);
    await once(raw, 'secureConnect');
    raw.resume().end();
    await once(raw, 'close');
  } finally {
    // Waits for open connections as well: without grace it cuts them, so a leak would show above only.
    await slow.close();
  }
});

test('a broken stream is recognized as truncated', async () => {
  const cutting = await listenTls(
    async () => ({
      status: 200,
      headers: {},
      body: async (sink) => {
        sink.write(Buffer.from('a'));
        await systemClock.sleep(1);
        throw new Error('broken');
      },
    }),
    { ...where, port: 0, material: { cert: leaf.certificate, key: leaf.privateKey } },
  );
  try {
    const outgoing = request({ ...where, port: cutting.port });
    outgoing.end();
    const [answer] = await once(outgoing, 'response');
    await assert.rejects(async () => {
      for await (const _ of answer);
    });
  } finally {
    await cutting.close();
  }
});
