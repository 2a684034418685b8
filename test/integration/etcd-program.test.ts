import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { configmaps } from '@typernetes/api/core/v1';
import { readBody, type Transport } from '@typernetes/client';
import { EtcdStore } from '@typernetes/store/etcd';
import { startControlPlane } from 'typernetes';
import { eventually } from './api.ts';
import { startEtcd } from './etcd-server.ts';
import { FollowedObjects } from './followed-objects.ts';
import { makeServerPlace, startServer } from './server-program.ts';

const collection = '/api/v1/namespaces/default/configmaps';
const place = await makeServerPlace();
const etcd = await startEtcd({ tls: true });
after(async () => {
  await etcd.remove();
  place.remove();
});
const files = etcd.tls?.files;
const flags = [
  // Nothing listens at the first one: the next one is used.
  `--etcd-servers=https://127.0.0.1:1,${etcd.endpoint}`,
  `--etcd-cafile=${files?.ca}`,
  `--etcd-certfile=${files?.cert}`,
  `--etcd-keyfile=${files?.key}`,
];

async function call(transport: Transport, method: string, path: string, body?: object) {
  const response = await transport.request({
    method,
    path,
    ...(body ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {}),
  });
  return { status: response.status, text: Buffer.from(await readBody(response)).toString() };
}

const create = (transport: Transport, name: string) =>
  call(transport, 'POST', collection, { metadata: { name }, data: { name } });

test('the program stores its objects in etcd, and survives the death of either', async () => {
  let server = await startServer(place, { flags });
  let transport = place.connect();
  const watching = place.connect();
  const follower = new FollowedObjects(collection);
  const stop = new AbortController();
  const following = follower.follow(watching, stop.signal);
  const store = new EtcdStore({ endpoints: [etcd.endpoint], ...(etcd.tls ? { tls: etcd.tls } : {}) });
  try {
    assert.equal((await create(transport, 'a')).status, 201);
    const stored = Buffer.from((await store.get('/registry/configmaps/default/a'))?.value ?? []).toString();
    assert.match(stored, /^\{"kind":"ConfigMap","apiVersion":"v1"/);
    const ready = (await call(transport, 'GET', '/readyz?verbose')).text;
    assert.match(ready, /\[\+\]etcd ok\n[\s\S]*\[\+\]etcd-readiness ok\n/);

    assert.match(
      (await call(transport, 'GET', '/metrics')).text,
      /apiserver_storage_size_bytes\{storage_cluster_id="etcd-0"\} \d{4}/,
    );

    // Writes of others in etcd are seen as well.
    const other = await store.commit({
      key: '/registry/configmaps/default/b',
      value: Buffer.from(stored.replaceAll('"a"', '"b"')),
      expectedRevision: 0,
    });
    assert.ok(other.ok);
    assert.equal((await call(transport, 'GET', `${collection}/b`)).status, 200);
    // Other keys raise the revision, and reads do not wait for events that will not come.
    await store.commit({ key: '/elsewhere', value: Buffer.from('x'), expectedRevision: 0 });
    assert.equal((await call(transport, 'GET', collection)).status, 200);

    await etcd.kill();
    const unavailable = await call(transport, 'GET', '/readyz');
    assert.equal(unavailable.status, 500);
    await etcd.restart();
    await eventually(async () => (await create(transport, 'c')).status === 201 || undefined);

    transport.close();
    await server.end('SIGKILL');
    server = await startServer(place, { flags });
    transport = place.connect();
    assert.equal((await create(transport, 'd')).status, 201);
    const expected = ['a', 'b', 'c', 'd'];
    await eventually(
      async () => JSON.stringify([...follower.revisions.keys()].toSorted()) === JSON.stringify(expected) || undefined,
    );
    assert.deepEqual([follower.oddities, follower.lists], [[], 1]);
  } finally {
    stop.abort();
    await following;
    watching.close();
    transport.close();
    await store.close();
    await server.end('SIGTERM');
  }
});

test('a control plane in this process keeps its objects in the etcd that its flags name', async () => {
  const plane = await startControlPlane({
    apiServerFlags: [...flags, '--etcd-prefix=/imported'],
    controllers: [],
    scheduler: false,
  });
  const store = new EtcdStore({ endpoints: [etcd.endpoint], ...(etcd.tls ? { tls: etcd.tls } : {}) });
  try {
    await plane.client.resource(configmaps).create({ metadata: { namespace: 'default', name: 'kept' } });
    assert.ok(await store.get('/imported/configmaps/default/kept'));
  } finally {
    await store.close();
    await plane.stop();
  }
});
