import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textReply } from '../request/reply.ts';
import type { Reply, ServerRequest } from '../request/server-request.ts';
import type { Handler } from './handler.ts';
import { RetryGate } from './retry-gate.ts';

const asked = (path: string, headers: Record<string, string> = {}) => ({ path, headers }) as unknown as ServerRequest;

test('refuses requests after the gate was closed, except probes, scrapes and those of API servers', async () => {
  const gate = new RetryGate();
  const handler = gate.before(async () => textReply(200, 'ok'));
  const statusOf = async (...about: Parameters<typeof asked>) => (await handler(asked(...about))).status;
  assert.equal(await statusOf('/api/v1/pods'), 200);
  await gate.close();
  const { status, headers, body } = await handler(asked('/api/v1/pods', { 'audit-id': 'a' }));
  assert.deepEqual([status, headers['retry-after'], headers.connection, headers['audit-id']], [429, '5', 'close', 'a']);
  assert.equal(String(body), 'The apiserver is shutting down, please try again later.\n');
  for (const path of ['/readyz', '/livez/etcd', '/healthz', '/metrics']) assert.equal(await statusOf(path), 200);
  assert.equal(await statusOf('/api', { 'user-agent': 'kube-apiserver/v1.36.0' }), 200);
  assert.equal(await statusOf('/api', { 'user-agent': 'kubectl/v1.36.0' }), 429);
});

test('closing settles once all earlier requests are answered', async () => {
  const gate = new RetryGate();
  const slow = Promise.withResolvers<Reply>();
  const handler: Handler = gate.before(() => slow.promise);
  const old = handler(asked('/api'));
  const order: string[] = [];
  const closed = gate.close().then(() => order.push('closed'));
  assert.equal((await handler(asked('/api'))).status, 429);
  order.push('turned away');
  slow.resolve(textReply(200, 'ok'));
  assert.equal((await old).status, 200);
  await closed;
  assert.deepEqual(order, ['turned away', 'closed']);
});
