import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { request } from 'node:https';
import { connect as connectPlain } from 'node:net';
import { after, test } from 'node:test';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { FakeClock } from '@typernetes/base/testing';
import { createLeaf } from '@typernetes/pki';
import { intermediateAuthority } from '@typernetes/pki/testing';
import type { Handler } from '../handlers/handler.ts';
import { jsonReply } from '../request/reply.ts';
import { loopbackIdentity } from '../testing/loopback-identity.ts';
import { namesInCertificate } from './named-certificates.ts';
import { listenTls } from './tls-server.ts';

const { ca, leaf, validity } = await loopbackIdentity();
const user = await createLeaf(ca, { commonName: 'me', ...validity, usages: ['digital signature', 'client auth'] });

/** Echoes what arrived: the request line, the client's name, the body's size. */
const mirror: Handler = async (incoming) => {
  const body = await incoming.body(1000);
  const certificate = incoming.clientCertificate;
  return jsonReply(200, {
    method: incoming.method,
    path: incoming.path,
    query: incoming.query.get('q'),
    subject: certificate && new X509Certificate(certificate.raw).subject,
    ...(certificate?.intermediates.length
      ? { by: certificate.intermediates.map((der) => new X509Certificate(der).subject) }
      : {}),
    size: body.length,
  });
};
const server = await listenTls(mirror, {
  host: '127.0.0.1',
  port: 0,
  material: { cert: leaf.certificate, key: leaf.privateKey, clientCa: ca.certificate },
});
after(() => server.close());
const client = { ca: ca.certificate, cert: user.certificate, key: user.privateKey };
const expected = { method: 'POST', path: '/a', query: 'b', subject: 'CN=me', size: 3 };

const posted = (as: typeof client): Promise<string> =>
  new Promise((resolve, reject) => {
    const sent = request({ ...as, port: server.port, host: '127.0.0.1', path: '/a?q=b', method: 'POST' }, (got) => {
      let body = '';
      got.on('data', (chunk) => {
        body += chunk;
      });
      got.on('end', () => resolve(body));
    });
    sent.on('error', reject);
    sent.end('xyz');
  });

test("speaks HTTP/1.1 and sees the client's certificate", async () => {
  assert.deepEqual(JSON.parse(await posted(client)), expected);
});

test('sees the intermediate CAs that the client sends with its certificate', async () => {
  const between = await intermediateAuthority(ca, { commonName: 'between', ...validity });
  const { certificate, privateKey: key } = await createLeaf(between, {
    commonName: 'me',
    ...validity,
    usages: ['client auth'],
  });
  const text = await posted({ ...client, cert: certificate + between.certificate, key });
  assert.deepEqual(JSON.parse(text), { ...expected, by: ['CN=between'] });
});

test('reports clients that do not speak TLS', async () => {
  let failed = 0;
  const identity = await named('api.example');
  const listening = await listenTls(mirror, {
    host: '127.0.0.1',
    port: 0,
    material: identity,
    handshakeFailed: () => failed++,
  });
  try {
    const socket = connectPlain(listening.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write('GET / HTTP/1.0\r\n\r\n');
    await once(socket.resume(), 'close');
    assert.equal(failed, 1);
    await shown(listening.port, 'api.example');
    assert.equal(failed, 1);
  } finally {
    await listening.close();
  }
});

test('closes silent connections, and does not wait for them at the end', async () => {
  const patient = await listenTls(mirror, { host: '127.0.0.1', port: 0, material: await named('api.example') });
  let failed = 0;
  const hasty = await listenTls(mirror, {
    host: '127.0.0.1',
    port: 0,
    material: await named('api.example'),
    handshakeMs: 20,
    handshakeFailed: () => failed++,
  });
  const silent = async (port: number): Promise<unknown> => {
    const socket = connectPlain(port, '127.0.0.1');
    socket.on('error', () => {});
    await once(socket, 'connect');
    return once(socket.resume(), 'close');
  };
  await silent(hasty.port);
  assert.equal(failed, 1);
  await hasty.close();
  const socket = connectPlain(patient.port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  const gone = once(socket.resume(), 'close');
  await patient.close(0);
  await gone;
});

test('closes an idle HTTP/2 connection, but not one with a watch', async () => {
  const clock = new FakeClock();
  const handler: Handler = async ({ path }) =>
    path === '/watch' ? { status: 200, headers: {}, body: () => new Promise(() => {}) } : jsonReply(200, {});
  const material = { cert: leaf.certificate, key: leaf.privateKey };
  const listening = await listenTls(handler, { host: '127.0.0.1', port: 0, material, clock });
  const open = async (path: string) => {
    const session = connect(`https://127.0.0.1:${listening.port}`, client);
    session.on('error', () => {});
    const stream = session.request({ ':path': path });
    stream.on('error', () => {});
    await once(stream, 'response');
    if (path === '/once') await once(stream.resume(), 'close');
    return session;
  };
  const [idle, watching] = [await open('/once'), await open('/watch')];
  const closed = once(idle, 'close');
  await clock.advance(150_000);
  assert.equal(idle.closed, false);
  await clock.advance(60_000);
  await closed;
  await clock.advance(600_000);
  assert.equal(watching.closed, false);
  await listening.close();
  // Sessions report their end a moment after their connections.
  for (let turn = 0; turn < 1000 && clock.pending > 0; turn++) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(clock.pending, 0);
});

test('speaks HTTP/2 on the same port', async () => {
  const session = connect(`https://127.0.0.1:${server.port}`, client);
  const text = await new Promise<string>((resolve, reject) => {
    const stream = session.request({ ':method': 'POST', ':path': '/a?q=b' });
    let body = '';
    stream.on('data', (chunk) => {
      body += chunk;
    });
    stream.on('end', () => resolve(body));
    stream.on('error', reject);
    stream.end('xyz');
  });
  session.close();
  assert.deepEqual(JSON.parse(text), expected);
});

test('sends 100 Continue to HTTP/2 clients that wait for it', async () => {
  const session = connect(`https://127.0.0.1:${server.port}`, client);
  const stream = session.request({ ':method': 'POST', ':path': '/a?q=b', expect: '100-continue' });
  await once(stream, 'continue');
  stream.end('xyz');
  let body = '';
  for await (const chunk of stream) body += String(chunk);
  session.close();
  assert.deepEqual(JSON.parse(body), expected);
});

const named = async (...dnsNames: string[]) => {
  const { certificate, privateKey } = await createLeaf(ca, {
    commonName: dnsNames[0] ?? '',
    ...validity,
    dnsNames,
    usages: ['digital signature', 'server auth'],
  });
  return { cert: certificate, key: privateKey };
};

/** The common name of the certificate presented for a server name. */
function shown(port: number, servername: string, options: ConnectionOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTls(
      { host: '127.0.0.1', port, servername, ca: ca.certificate, ...options, checkServerIdentity: () => undefined },
      () => {
        resolve(String(socket.getPeerCertificate().subject.CN));
        socket.end();
      },
    );
    socket.once('error', reject);
  });
}

test('certificates are chosen by name, and replaced while the server runs', async () => {
  const one = await named('one.example.com');
  const wild = await named('*.example.com');
  const material = { cert: leaf.certificate, key: leaf.privateKey };
  const several = await listenTls(mirror, {
    host: '127.0.0.1',
    port: 0,
    material: { ...material, named: [one, wild].map((pair) => ({ ...pair, names: namesInCertificate(pair.cert) })) },
    rules: { minVersion: 'TLSv1.3' },
  });
  try {
    assert.equal(await shown(several.port, 'one.example.com'), 'one.example.com');
    assert.equal(await shown(several.port, 'two.example.com'), '*.example.com');
    assert.equal(await shown(several.port, 'a.two.example.com'), 'server');
    await assert.rejects(shown(several.port, 'one.example.com', { maxVersion: 'TLSv1.2' }));
    several.reload({ ...material, named: [{ ...wild, names: ['one.example.com'] }] });
    assert.equal(await shown(several.port, 'one.example.com'), '*.example.com');
    assert.equal(await shown(several.port, 'two.example.com'), 'server');
  } finally {
    await several.close();
  }
});

test('a graceful end finishes streams and waits for the requests in flight', async () => {
  const gate = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<void>();
  const handler: Handler = async ({ path }) => {
    if (path === '/watch')
      return {
        status: 200,
        headers: {},
        body: (sink) =>
          new Promise((resolve) => {
            sink.write(Buffer.from('event\n'));
            sink.signal.addEventListener('abort', () => resolve(), { once: true });
          }),
      };
    arrived.resolve();
    await gate.promise;
    return jsonReply(200, { path });
  };
  const material = { cert: leaf.certificate, key: leaf.privateKey };
  const ending = await listenTls(handler, { host: '127.0.0.1', port: 0, material });
  const session = connect(`https://127.0.0.1:${ending.port}`, client);
  const read = (path: string): Promise<string> =>
    new Promise((resolve, reject) => {
      let text = '';
      const stream = session.request({ ':path': path });
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      stream.once('end', () => resolve(text));
      stream.once('error', reject);
    });
  const watching = read('/watch');
  const slow = read('/slow');
  await arrived.promise;
  const away = new Promise((resolve) => session.once('goaway', resolve));
  const closed = ending.close(60_000);
  assert.equal(await watching, 'event\n');
  await away;
  await assert.rejects(shown(ending.port, 'x'));
  gate.resolve();
  assert.deepEqual(JSON.parse(await slow), { path: '/slow' });
  await closed;
});

test('a request may send GOAWAY on its HTTP/2 connection', async () => {
  const material = { cert: leaf.certificate, key: leaf.privateKey };
  const restless = await listenTls(mirror, { host: '127.0.0.1', port: 0, material, rules: { goawayChance: 1 } });
  try {
    const session = connect(`https://127.0.0.1:${restless.port}`, client);
    const away = new Promise((resolve) => session.once('goaway', resolve));
    const stream = session.request({ ':path': '/a' });
    const status = new Promise((resolve) => stream.once('response', (headers) => resolve(headers[':status'])));
    stream.resume();
    assert.equal(await status, 200);
    await away;
  } finally {
    await restless.close();
  }
});
