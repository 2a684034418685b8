import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { readBody, type Transport } from '@typernetes/client';
import { eventually } from './api.ts';
import { makeServerPlace, type RunningServer, startServer } from './server-program.ts';

const maps = '/api/v1/namespaces/default/configmaps';
const place = await makeServerPlace();
const auditFile = join(place.folder, 'a', 'new', 'folder', 'audit.log');
let server: RunningServer;
let admin: Transport;
before(async () => {
  const flags = [`--audit-log-path=${auditFile}`, '--runtime-config=api/all=true,apps/v1/daemonsets=false'];
  server = await startServer(place, { flags });
  admin = place.connect();
});
after(async () => {
  admin.close();
  await server.end('SIGTERM');
  place.remove();
});

async function get(path: string, headers: Record<string, string> = {}) {
  const response = await admin.request({ method: 'GET', path, headers });
  const { status, headers: got } = response;
  return { status, headers: got, body: Buffer.from(await readBody(response)) };
}

async function create(name: string, size: number): Promise<void> {
  const response = await admin.request({
    method: 'POST',
    path: maps,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ metadata: { name }, data: { filler: 'x'.repeat(size) } }),
  });
  await readBody(response);
  assert.equal(response.status, 201);
}

/** A list without its metadata, because every write raises the revision there. */
const itemsOf = (list: Buffer): Buffer => list.subarray(list.indexOf('"items":['));

test('large lists are compressed, and complete after every change', async () => {
  for (const name of ['one', 'two', 'three']) {
    await create(name, 100_000);
    const plain = await get(maps);
    const names = JSON.parse(plain.body.toString()).items.map(
      (item: { metadata: { name: string } }) => item.metadata.name,
    );
    assert.ok(names.includes(name));
    assert.deepEqual(itemsOf((await get(`${maps}?resourceVersion=0`)).body), itemsOf(plain.body));
  }
  const packed = await get(maps, { 'accept-encoding': 'gzip' });
  assert.deepEqual([packed.headers['content-encoding'], packed.headers.vary], ['gzip', 'Accept-Encoding']);
  assert.deepEqual(itemsOf(gunzipSync(packed.body)), itemsOf((await get(maps)).body));
});

test('clients get the first available media type', async () => {
  for (const [accept, type] of [
    ['application/vnd.kubernetes.protobuf,application/json', 'application/vnd.kubernetes.protobuf'],
    ['application/json, application/vnd.kubernetes.protobuf', 'application/json'],
    ['application/json;as=Unknown;g=meta.k8s.io;v=v1,application/json', 'application/json'],
  ] as const)
    assert.equal((await get(`${maps}/one`, { accept })).headers['content-type'], type, accept);
});

test("health checks are listed under upstream's names", async () => {
  const verbose = (await get('/readyz?verbose')).body.toString();
  for (const name of [
    'ping',
    'log',
    'etcd',
    'etcd-readiness',
    'informer-sync',
    'poststarthook/start-system-namespaces-controller',
    'poststarthook/scheduling/bootstrap-system-priority-classes',
    'poststarthook/rbac/bootstrap-roles',
    'poststarthook/bootstrap-controller',
    // Those that upstream's own test suite requests.
    'poststarthook/generic-apiserver-start-informers',
    'poststarthook/start-apiserver-admission-initializer',
    'poststarthook/start-apiextensions-informers',
    'poststarthook/start-apiextensions-controllers',
    'poststarthook/crd-informer-synced',
    'poststarthook/start-cluster-authentication-info-controller',
    'poststarthook/start-kube-aggregator-informers',
    'poststarthook/apiservice-registration-controller',
    'poststarthook/kube-apiserver-autoregistration',
    'poststarthook/apiservice-openapi-controller',
    'autoregister-completion',
    'shutdown',
  ])
    assert.ok(verbose.includes(`[+]${name} ok\n`), `${name} in\n${verbose}`);
  assert.ok(verbose.endsWith('readyz check passed\n'));
  assert.doesNotMatch((await get('/livez?verbose')).body.toString(), /\]informer-sync/);
});

test('runtime-config turns resources off', async () => {
  assert.equal((await get('/apis/apps/v1/daemonsets')).status, 404);
  assert.equal((await get('/apis/apps/v1/deployments')).status, 200);
  assert.doesNotMatch((await get('/apis/apps/v1')).body.toString(), /daemonsets/);
});

test('requests are counted and logged', async () => {
  const metrics = (await get('/metrics')).body.toString();
  const [, posts] =
    /apiserver_request_total\{code="201",.*resource="configmaps",.*verb="POST",.*\} (\d+)/.exec(metrics) ?? [];
  assert.ok(Number(posts) >= 3, `${posts} of this test's three, and those of the server itself`);
  const noted = await eventually(async () => {
    const lines = readFileSync(auditFile, 'utf8').split('\n').slice(0, -1);
    const events = lines.map((line) => JSON.parse(line));
    return events.find(({ verb, objectRef, user }) => verb === 'create' && user.username === 'admin' && objectRef);
  });
  assert.deepEqual(noted.objectRef, {
    resource: 'configmaps',
    namespace: 'default',
    name: 'one',
    apiVersion: 'v1',
  });
  assert.equal(noted.responseStatus.code, 201);
});
