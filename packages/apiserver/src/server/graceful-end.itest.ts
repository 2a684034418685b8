import assert from 'node:assert/strict';
import { connect, type IncomingHttpHeaders } from 'node:http2';
import { request } from 'node:https';
import { test } from 'node:test';
import { silentLogger } from '@typernetes/base/testing';
import { MemoryStore } from '@typernetes/store';
import { textReply } from '../request/reply.ts';
import { loopbackIdentity } from '../testing/loopback-identity.ts';
import { plainResources } from '../testing/plain-resources.ts';
import { loopbackUser, startApiServer } from './api-server.ts';

const { ca, leaf } = await loopbackIdentity();

test('a server that stops sends new requests elsewhere until earlier ones are answered', async () => {
  const store = new MemoryStore();
  const [arrived, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const server = await startApiServer({
    store,
    resources: plainResources(),
    log: silentLogger,
    sendsRetryAfter: true,
    parts: () => ({
      authenticate: () => loopbackUser,
      authorizers: [{ name: 'all', authorize: () => ({ verdict: 'allow', reason: '' }) }],
      delegate: ({ request: { path } }) => {
        if (path !== '/slow') return undefined;
        arrived.resolve();
        return gate.promise.then(() => textReply(200, 'late'));
      },
    }),
  });
  const material = { cert: leaf.certificate, key: leaf.privateKey };
  const { port } = await server.listen({ host: '127.0.0.1', port: 0, material });
  const ask = (path: string): Promise<{ status: number | undefined; headers: IncomingHttpHeaders }> =>
    new Promise((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port, path, ca: ca.certificate, agent: false }, (got) => {
        got.resume().once('end', () => resolve({ status: got.statusCode, headers: got.headers }));
      });
      sent.once('error', reject).end();
    });
  const slow = ask('/slow');
  await arrived.promise;
  const session = connect(`https://127.0.0.1:${port}`, { ca: ca.certificate });
  await new Promise((resolve) => session.once('remoteSettings', resolve));

  const closing = server.close({ graceMs: 60_000 });
  const refused = await ask('/api/v1/configmaps');
  assert.equal(refused.status, 429);
  assert.deepEqual([refused.headers['retry-after'], refused.headers.connection], ['5', 'close']);
  assert.equal((await ask('/livez')).status, 200);
  assert.equal((await ask('/readyz')).status, 500);
  const away = new Promise((resolve) => session.once('goaway', resolve));
  const stream = session.request({ ':path': '/api/v1/configmaps' });
  const answer = await new Promise<IncomingHttpHeaders>((resolve) => stream.once('response', resolve));
  stream.resume();
  assert.deepEqual([answer[':status'], answer['retry-after'], answer.connection], [429, '5', undefined]);
  await away;

  gate.resolve();
  assert.equal((await slow).status, 200);
  await closing;
  await assert.rejects(ask('/livez'), /ECONNREFUSED/);
  await store.close();
});
