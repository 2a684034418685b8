import assert from 'node:assert/strict';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { createServer } from 'node:tls';
import type { Dial } from '@typernetes/client';
import { createAuthority, createLeaf } from '@typernetes/pki';
import { namelessChain } from '@typernetes/pki/testing';
import { dialBackend, sendTo } from './backend.ts';

const validity = { notBefore: Date.UTC(2020, 0), notAfter: Date.UTC(2090, 0) };

test("a tunnel uses the backend's connection, with TLS end to end", async (t) => {
  const authority = await createAuthority({ commonName: 'kubelets', ...validity });
  const { certificate: cert, privateKey: key } = await createLeaf(authority, {
    commonName: 'kubelet',
    dnsNames: ['kubelet.example'],
    usages: ['digital signature', 'server auth'],
    ...validity,
  });
  const server = createServer({ cert, key }, (socket) => socket.pipe(socket).on('error', () => undefined));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const open = new Set<Socket>();
  t.after(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  const places: object[] = [];
  const dial: Dial = (place) =>
    new Promise((resolve) => {
      places.push(place);
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1', () => resolve(socket));
      open.add(socket);
    });
  const { signal } = new AbortController();
  const tls = { ca: authority.certificate };
  const backend = { host: 'kubelet.example', port: 10250, path: '/exec', dial, tls };
  const socket = await dialBackend(backend, signal);
  socket.write('hello');
  const [answer] = await new Promise<Buffer[]>((resolve) => socket.once('data', (chunk: Buffer) => resolve([chunk])));
  assert.equal(String(answer), 'hello');
  assert.deepEqual(places, [{ host: 'kubelet.example', port: 10250 }]);
  await assert.rejects(dialBackend({ ...backend, host: 'somebody.example' }, signal), {
    message: /^error dialing backend: .*certificate/,
  });
  const refuse: Dial = () => Promise.reject(new Error('proxy error'));
  await assert.rejects(dialBackend({ ...backend, dial: refuse }, signal), {
    message: 'error dialing backend: proxy error',
  });
  const plain = await dialBackend({ host: 'pod.example', port: 80, path: '/', dial }, signal);
  assert.ok(open.has(plain));
});

test('accepts a server certificate without a subject by its issuer, for requests and tunnels', async (t) => {
  const dnsNames = ['wardle.default.svc'];
  const chain = await namelessChain({ ...validity, dnsNames });
  const other = await namelessChain({ ...validity, dnsNames });
  const { certificate: cert, privateKey: key } = chain.leaf;
  const server = createHttpsServer({ cert, key }, (request, response) => {
    request.pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { signal } = new AbortController();
  const { port } = server.address() as AddressInfo;
  const trusting = (ca: string, servername: string) => ({
    ...{ host: '127.0.0.1', port, path: '/' },
    tls: { ca, servername },
  });
  const asked = async (backend: ReturnType<typeof trusting>): Promise<number | undefined> => {
    const answer = await sendTo(backend, { method: 'GET', headers: {}, signal });
    answer.resume();
    return answer.statusCode;
  };
  const right = trusting(chain.authority.certificate, 'wardle.default.svc');
  assert.equal(await asked(right), 200);
  (await dialBackend(right, signal)).destroy();
  for (const wrong of [
    trusting(other.authority.certificate, 'wardle.default.svc'),
    trusting(chain.authority.certificate, 'other.default.svc'),
  ]) {
    await assert.rejects(asked(wrong), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    await assert.rejects(dialBackend(wrong, signal), { message: /^error dialing backend: tls: .*x509: / });
  }
});
