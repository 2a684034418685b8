import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namespaces, type Pod, pods } from '@typernetes/api/core/v1';
import { isExpired, isNotFound, reasonOf, StatusError } from '@typernetes/machinery';
import { restClient } from './rest-client.ts';
import { type ScriptedAnswer, ScriptedTransport } from './testing/scripted-transport.ts';

function scripted(answer: ScriptedAnswer) {
  const transport = new ScriptedTransport(() => answer);
  return { transport, client: restClient(transport) };
}

const pod: Pod = {
  metadata: { name: 'web', namespace: 'shop', uid: 'u', resourceVersion: '7', creationTimestamp: '' },
  spec: { containers: [] },
};

test('each call is one request to the path that the API defines', async () => {
  const calls: [string, (c: ReturnType<typeof restClient>) => Promise<unknown>][] = [
    ['GET /api/v1/namespaces/shop/pods/web', (c) => c.resource(pods).get({ namespace: 'shop', name: 'web' })],
    ['GET /api/v1/namespaces/shop', (c) => c.resource(namespaces).get({ name: 'shop' })],
    [
      'GET /api/v1/pods?labelSelector=app%3Dweb&limit=5',
      (c) => c.resource(pods).list({ labelSelector: 'app=web', limit: 5 }),
    ],
    [
      'POST /api/v1/namespaces/shop/pods?fieldManager=me&dryRun=All',
      (c) => c.resource(pods).create(pod, { fieldManager: 'me', dryRun: true }),
    ],
    ['PUT /api/v1/namespaces/shop/pods/web', (c) => c.resource(pods).update(pod)],
    ['PUT /api/v1/namespaces/shop/pods/web/status', (c) => c.resource(pods).updateStatus(pod)],
    [
      'PATCH /api/v1/namespaces/shop/pods/web/status?force=true',
      (c) => c.resource(pods).patch(pod.metadata, {}, { type: 'apply', force: true, subresource: 'status' }),
    ],
    ['DELETE /api/v1/namespaces/shop/pods/web', (c) => c.resource(pods).delete(pod.metadata)],
    ['DELETE /api/v1/namespaces/shop/pods', (c) => c.resource(pods).deleteCollection({ namespace: 'shop' })],
    [
      'POST /api/v1/namespaces/shop/pods/web/binding',
      (c) => c.resource(pods).createSubresource(pod.metadata, 'binding', {}),
    ],
  ];
  for (const [expected, call] of calls) {
    const { transport, client } = scripted({ json: { items: null } });
    await call(client);
    assert.deepEqual(
      transport.requests.map((r) => `${r.method} ${r.path}`),
      [expected],
    );
  }
});

test('a draft is sent with its kind, and listed items get theirs', async () => {
  const { transport, client } = scripted({ json: { metadata: {}, items: [{ metadata: { name: 'web' } }] } });
  const list = await client.resource(pods).list();
  assert.equal(list.items[0]?.kind, 'Pod');
  await client.resource(pods).create({ metadata: { name: 'web', namespace: 'shop' }, spec: { containers: [] } });
  assert.match(String(transport.requests[1]?.body), /^{"apiVersion":"v1","kind":"Pod"/);
});

test('a failure is a StatusError, with or without a Status body', async () => {
  const withBody = scripted({ status: 404, json: new StatusError('NotFound', 'pods "web" not found').toStatus() });
  await assert.rejects(withBody.client.resource(pods).get(pod.metadata), (error) => {
    assert.ok(isNotFound(error));
    return /pods "web" not found/.test(String(error));
  });
  const bare = scripted({ status: 503, chunks: ['upstream connect error'] });
  await assert.rejects(bare.client.resource(pods).get(pod.metadata), (error) => {
    assert.equal(reasonOf(error), 'ServiceUnavailable');
    const { message, details } = error as StatusError;
    assert.equal(message, 'the server is currently unable to handle the request (get pods web)');
    assert.deepEqual(details?.causes, [{ reason: 'UnexpectedServerResponse', message: 'upstream connect error' }]);
    return true;
  });
});

test('an unexplained response is reported with the request', async () => {
  const expected: readonly (readonly [path: string, about: string])[] = [
    ['/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods?labelSelector=a', ' (get pods.metrics.k8s.io)'],
    ['/apis/metrics.k8s.io/v1beta1/nodes/n%3A1', ' (get nodes.metrics.k8s.io n:1)'],
    ['/api/v1/namespaces/shop', ' (get namespaces shop)'],
    ['/api/v1/namespaces/shop/status', ' (get namespaces shop)'],
    ['/apis/metrics.k8s.io/v1beta1', ''],
    ['/healthz', ''],
  ];
  for (const [path, about] of expected) {
    const { client } = scripted({ status: 404, chunks: ['404 page not found'] });
    const message = `the server could not find the requested resource${about}`;
    await assert.rejects(client.json('GET', path), { message });
  }
});

test('a watch yields events and bookmarks, and throws at an ERROR event', async () => {
  const expired = new StatusError('Expired', 'too old resource version: 1 (5)').toStatus();
  const { client, transport } = scripted({
    chunks: [
      `${JSON.stringify({ type: 'ADDED', object: pod })}\n{"type":"BOOK`,
      `MARK","object":{"metadata":{"resourceVersion":"9"}}}\n`,
      `${JSON.stringify({ type: 'ERROR', object: expired })}\n`,
    ],
  });
  const seen: string[] = [];
  await assert.rejects(async () => {
    for await (const event of client.resource(pods).watch({ resourceVersion: '5', allowWatchBookmarks: true }))
      seen.push(`${event.type} ${event.object.metadata.resourceVersion}`);
  }, isExpired);
  assert.deepEqual(seen, ['ADDED 7', 'BOOKMARK 9']);
  assert.equal(transport.requests[0]?.path, '/api/v1/pods?watch=true&resourceVersion=5&allowWatchBookmarks=true');
});

test('leaving a watch ends its request', async () => {
  const { client, transport } = scripted({ chunks: [`${JSON.stringify({ type: 'ADDED', object: pod })}\n`] });
  for await (const _ of client.resource(pods).watch()) break;
  assert.equal(transport.requests[0]?.signal?.aborted, true);
});
