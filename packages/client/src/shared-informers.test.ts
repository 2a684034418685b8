import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ConfigMap, configmaps } from '@typernetes/api/core/v1';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { keyOf, StatusError } from '@typernetes/machinery';
import { sharedInformers } from './shared-informers.ts';
import { FakeApi } from './testing/index.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const settled = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await turn();
};
const draft = (name: string, value = '', namespace = 'shop') => ({ metadata: { name, namespace }, data: { value } });

async function watching(use: (of: Watched) => Promise<void>): Promise<void> {
  const clock = new FakeClock();
  const api = new FakeApi({ clock });
  const informers = sharedInformers({ client: api, clock, log: silentLogger, random: { next: () => 0 } });
  const informer = informers.for(configmaps);
  informer.addIndex('value', ({ data }) => [data?.value ?? '']);
  const seen: string[] = [];
  informer.onEvent({
    added: (object) => seen.push(`+${object.metadata.name}=${object.data?.value}`),
    updated: (object, old) => seen.push(`~${object.metadata.name}=${old.data?.value}>${object.data?.value}`),
    deleted: (object) => seen.push(`-${object.metadata.name}=${object.data?.value}`),
  });
  const stop = new AbortController();
  const running = informers.run(stop.signal);
  const take = async (): Promise<string[]> => {
    await settled();
    return seen.splice(0);
  };
  await use({ api, clock, informers, informer, take, maps: api.resource(configmaps) });
  stop.abort();
  await running;
  assert.equal(clock.pending, 0);
}

interface Watched {
  readonly api: FakeApi;
  readonly clock: FakeClock;
  readonly informers: ReturnType<typeof sharedInformers>;
  readonly informer: ReturnType<ReturnType<typeof sharedInformers>['for']> & {
    lister: { get(key: string): unknown };
  };
  readonly take: () => Promise<string[]>;
  readonly maps: ReturnType<FakeApi['resource']>;
}

async function change(maps: Watched['maps'], name: string, value: string): Promise<void> {
  await maps.patch({ namespace: 'shop', name }, { data: { value } }, { type: 'merge' });
}

test('lists, follows, and indexes', () =>
  watching(async ({ api, informers, informer, take, maps }) => {
    await informers.untilSynced(new AbortController().signal);
    assert.deepEqual(await take(), []);
    const created = await api.resource(configmaps).create(draft('a', '1'));
    await change(maps, 'a', '2');
    await api.resource(configmaps).create(draft('b', '2', 'other'));
    assert.deepEqual(await take(), ['+a=1', '~a=1>2', '+b=2']);
    const names = (objects: readonly { metadata: { name: string } }[]) => objects.map((o) => o.metadata.name);
    assert.deepEqual(names(informer.lister.list()), ['a', 'b']);
    assert.deepEqual(names(informer.lister.inNamespace('other')), ['b']);
    assert.deepEqual(names(informer.lister.byIndex('value', '2')), ['a', 'b']);
    assert.deepEqual(informer.lister.byIndex('value', '1'), []);
    await maps.delete(created.metadata);
    assert.deepEqual(await take(), ['-a=2']);
    assert.equal(informer.revision, String(api.revision));
    assert.equal(informers.for(configmaps), informer as unknown);
  }));

test('late handlers get the existing objects', () =>
  watching(async ({ api, informer, take }) => {
    await api.resource(configmaps).create(draft('a'));
    await take();
    const late: string[] = [];
    const remove = informer.onEvent({ added: (object) => late.push(keyOf(object as ConfigMap)) });
    assert.deepEqual(late, ['shop/a']);
    remove();
    await api.resource(configmaps).create(draft('b'));
    await take();
    assert.deepEqual(late, ['shop/a']);
  }));

test('a broken watch is resumed without losing or repeating an event', () =>
  watching(async ({ api, clock, take, maps }) => {
    await api.resource(configmaps).create(draft('a', '1'));
    assert.deepEqual(await take(), ['+a=1']);
    api.fail('list configmaps', new Error('must not list again'));
    api.fail('watch configmaps', new Error('read ECONNRESET'), 3);
    api.resource(configmaps).cutWatches();
    await settled();
    await change(maps, 'a', '2');
    await api.resource(configmaps).create(draft('b'));
    await clock.advance(60_000);
    assert.deepEqual(await take(), ['~a=1>2', '+b=']);
  }));

test('after 410 only the difference to a new list is delivered', () =>
  watching(async ({ api, clock, take, maps }) => {
    const kept = api.resource(configmaps);
    for (const name of ['same', 'changed', 'gone', 'replaced']) await kept.create(draft(name, '1'));
    await take();
    api.fail('watch configmaps', new Error('connect ECONNREFUSED'), 1);
    kept.cutWatches();
    await settled();
    await change(maps, 'changed', '2');
    await kept.delete({ namespace: 'shop', name: 'gone' });
    await kept.delete({ namespace: 'shop', name: 'replaced' });
    await kept.create(draft('replaced', '2'));
    await kept.create(draft('new', '1'));
    kept.compact();
    await clock.advance(60_000);
    assert.deepEqual((await take()).sort(), ['+new=1', '+replaced=2', '-gone=1', '-replaced=1', '~changed=1>2']);
  }));

test('retries an unreachable server; lists again when the server refuses the revision', () =>
  watching(async ({ api, clock, informer, take, maps }) => {
    await take();
    assert.equal(informer.synced, true);
    api.fail('watch configmaps', new StatusError('Timeout', 'Too large resource version: 7, current: 5'));
    api.fail('list configmaps', new StatusError('ServiceUnavailable', 'starting'), 2);
    maps.cutWatches();
    await settled();
    await api.resource(configmaps).create(draft('a', '1'));
    await clock.advance(60_000);
    assert.deepEqual(await take(), ['+a=1']);
  }));

test('a handler that throws does not affect the others', () =>
  watching(async ({ api, informer, take }) => {
    informer.onEvent({
      added: () => {
        throw new Error('broken handler');
      },
    });
    const after: string[] = [];
    informer.onEvent({ added: (object) => after.push((object as ConfigMap).metadata.name) });
    await api.resource(configmaps).create(draft('a', '1'));
    assert.deepEqual(await take(), ['+a=1']);
    assert.deepEqual(after, ['a']);
  }));
