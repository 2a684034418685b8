import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ConfigMap, configmaps } from '@typernetes/api/core/v1';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { type ApiClient, restClient } from '@typernetes/client';
import { isAlreadyExists, isConflict, isNotFound } from '@typernetes/machinery';
import { MemoryStore } from '@typernetes/store';
import { plainResources } from '../testing/plain-resources.ts';
import { type ApiServer, loopbackUser, startApiServer } from './api-server.ts';

async function withServer(run: (client: ApiClient, server: ApiServer) => Promise<void>): Promise<void> {
  const store = new MemoryStore();
  const server = await startApiServer({
    store,
    resources: plainResources(),
    log: silentLogger,
    parts: () => ({ authorizers: [{ name: 'all', authorize: () => ({ verdict: 'allow', reason: '' }) }] }),
  });
  try {
    await run(restClient(server.transport(loopbackUser)), server);
  } finally {
    await server.close();
    await store.close();
  }
}

const draft = (name: string, data: Record<string, string> = {}) => ({ metadata: { name, namespace: 'default' }, data });

test('/version reports the emulated and the oldest compatible release', async () => {
  const versionOf = async (minCompatibility?: { major: number; minor: number }) => {
    const store = new MemoryStore();
    const server = await startApiServer({
      store,
      resources: [],
      log: silentLogger,
      ...(minCompatibility ? { minCompatibility } : {}),
      parts: () => ({ authorizers: [{ name: 'all', authorize: () => ({ verdict: 'allow', reason: '' }) }] }),
    });
    const { body } = await server.transport(loopbackUser).request({ method: 'GET', path: '/version' });
    const text = Buffer.concat(await Array.fromAsync(body)).toString();
    const answered = JSON.parse(text);
    assert.equal(text, JSON.stringify(answered, null, 2));
    await server.close();
    await store.close();
    assert.deepEqual(
      Object.keys(answered).filter((name) => answered[name] === ''),
      ['gitCommit', 'gitTreeState'],
    );
    assert.match(answered.goVersion, /^node\d/);
    assert.match(answered.buildDate, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    return [answered.emulationMinor, answered.minCompatibilityMajor, answered.minCompatibilityMinor];
  };
  assert.deepEqual(await versionOf(), ['36', '1', '35']);
  assert.deepEqual(await versionOf({ major: 1, minor: 33 }), ['36', '1', '33']);
});

test('a start that fails ends what it has begun', async () => {
  const watched: AbortSignal[] = [];
  class WatchedStore extends MemoryStore {
    override watch(...args: Parameters<MemoryStore['watch']>): ReturnType<MemoryStore['watch']> {
      watched.push(args[2]);
      return super.watch(...args);
    }
  }
  const store = new WatchedStore();
  const parts = async () => {
    await new Promise(setImmediate);
    throw new Error('no parts');
  };
  await assert.rejects(startApiServer({ store, resources: plainResources(), log: silentLogger, parts }), /no parts/);
  await store.close();
  assert.deepEqual(
    watched.map(({ aborted }) => aborted),
    [true],
  );
});

test('an object goes through its life', async () => {
  await withServer(async (client) => {
    const maps = client.resource(configmaps);
    const created = await maps.create(draft('a', { k: '1' }) as ConfigMap);
    assert.equal(created.kind, 'ConfigMap');
    assert.ok(created.metadata.uid && created.metadata.creationTimestamp);
    await assert.rejects(maps.create(draft('a') as ConfigMap), isAlreadyExists);

    assert.deepEqual(await maps.get({ namespace: 'default', name: 'a' }), created);
    const updated = await maps.update({ ...created, data: { k: '2' } });
    assert.equal(updated.data?.k, '2');
    assert.notEqual(updated.metadata.resourceVersion, created.metadata.resourceVersion);
    await assert.rejects(maps.update({ ...created, data: { k: '3' } }), isConflict);
    // A write that changes nothing is not made.
    assert.equal((await maps.update(updated)).metadata.resourceVersion, updated.metadata.resourceVersion);

    const patched = await maps.patch({ namespace: 'default', name: 'a' }, { data: { l: 'x' } }, { type: 'merge' });
    assert.deepEqual(patched.data, { k: '2', l: 'x' });
    const listed = await maps.list({ namespace: 'default' });
    assert.deepEqual(
      listed.items.map((item) => item.metadata.name),
      ['a'],
    );
    assert.equal(listed.kind, 'ConfigMapList');
    await maps.delete({ namespace: 'default', name: 'a' });
    await assert.rejects(maps.get({ namespace: 'default', name: 'a' }), isNotFound);
  });
});

test('a watch reports every change once, from its revision on', async () => {
  await withServer(async (client) => {
    const maps = client.resource(configmaps);
    const first = await maps.create(draft('a') as ConfigMap);
    const seen: string[] = [];
    const stop = new AbortController();
    const watching = (async () => {
      const options = { namespace: 'default', resourceVersion: first.metadata.resourceVersion, signal: stop.signal };
      for await (const event of maps.watch(options)) {
        seen.push(`${event.type} ${event.object.metadata.name}`);
        if (seen.length === 4) return;
      }
    })();
    await maps.create(draft('b') as ConfigMap);
    await maps.update({ ...first, data: { x: 'y' } });
    await maps.delete({ namespace: 'default', name: 'a' });
    await maps.create({ ...draft('a'), metadata: { name: 'z', namespace: 'other' } } as ConfigMap);
    await maps.create(draft('c') as ConfigMap);
    await watching;
    assert.deepEqual(seen, ['ADDED b', 'MODIFIED a', 'DELETED a', 'ADDED c']);
  });
});

test('pages go on at the revision where they began', async () => {
  await withServer(async (client) => {
    const maps = client.resource(configmaps);
    for (const name of ['a', 'b', 'c']) await maps.create(draft(name) as ConfigMap);
    const page = await maps.list({ namespace: 'default', limit: 2 });
    assert.equal(page.metadata.remainingItemCount, 1);
    await maps.delete({ namespace: 'default', name: 'c' });
    const rest = await maps.list({ namespace: 'default', limit: 2, continue: page.metadata.continue });
    assert.deepEqual(
      rest.items.map((item) => item.metadata.name),
      ['c'],
    );
    assert.equal(rest.metadata.resourceVersion, page.metadata.resourceVersion);

    // As upstream's, continue tokens contain keys relative to the list's root.
    const startOf = async (options: object): Promise<string> => {
      const { metadata } = await maps.list({ ...options, limit: 1 });
      return JSON.parse(Buffer.from(metadata.continue ?? '', 'base64url').toString()).start;
    };
    assert.deepEqual([await startOf({ namespace: 'default' }), await startOf({})], ['a\0', 'default/a\0']);
    const everywhere = await maps.list({ limit: 1 });
    const { items } = await maps.list({ continue: everywhere.metadata.continue as string });
    assert.deepEqual(items[0]?.metadata.name, 'b');
  });
});

test('watches without sockets end with the server, and later requests are refused', async () => {
  const store = new MemoryStore();
  const server = await startApiServer({
    store,
    resources: plainResources(),
    log: silentLogger,
    parts: () => ({ authorizers: [{ name: 'all', authorize: () => ({ verdict: 'allow', reason: '' }) }] }),
  });
  const maps = restClient(server.transport(loopbackUser)).resource(configmaps);
  await maps.create(draft('a'));
  const first = Promise.withResolvers<void>();
  const watched = (async () => {
    const types: string[] = [];
    for await (const { type } of maps.watch({ namespace: 'default' })) {
      types.push(type);
      first.resolve();
    }
    return types;
  })();
  await first.promise;
  await server.close();
  assert.deepEqual(await watched, ['ADDED']);
  await assert.rejects(maps.list(), { message: 'The API server is closed' });
  await store.close();
});

test('a server that is shutting down gives requests that wait for an unreachable storage a few seconds', async () => {
  const clock = new FakeClock();
  const store = new MemoryStore();
  const hurried: number[] = [];
  // It reported a newer revision, and went away before delivering the changes.
  const away = Object.assign(store, { hurry: (ms: number) => void hurried.push(ms) });
  const server = await startApiServer({
    store: away,
    clock,
    resources: plainResources(),
    log: silentLogger,
    parts: () => ({ authorizers: [{ name: 'all', authorize: () => ({ verdict: 'allow', reason: '' }) }] }),
  });
  const transport = server.transport(loopbackUser);
  const path = '/api/v1/configmaps';
  store.currentRevision = () => 1000;
  const list = transport.request({ method: 'GET', path }).then(({ status }) => status);
  const watch = (async () => {
    const { body } = await transport.request({ method: 'GET', path: `${path}?watch=true` });
    const answered: string[] = [];
    for await (const piece of body) answered.push(Buffer.from(piece).toString());
    return answered.join('');
  })();
  await clock.advance(10_000);
  const closing = server.close({ graceMs: 60_000 });
  await clock.advance(5000);
  assert.equal(await list, 504);
  assert.match(await watch, /Too large resource version/);
  await closing;
  assert.deepEqual(hurried, [3000]);
  await store.close();
});
