import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '@typernetes/base';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { reasonOf } from '@typernetes/machinery';
import { CompactedError, MemoryStore, type Store } from '@typernetes/store';
import { CacheFeed } from './cache-feed.ts';
import { encodingOf } from './cached-object.ts';

const encoding = encodingOf({ apiVersion: 'v1', kind: 'ConfigMap' });
const bytes = (name: string, data: string): Uint8Array =>
  Buffer.from(JSON.stringify({ kind: 'ConfigMap', apiVersion: 'v1', metadata: { name }, data: { data } }));

test('a feed that fell behind compaction reloads: watchers are disconnected, informers get the difference', async () => {
  const memory = new MemoryStore();
  const put = async (name: string, data: string | undefined): Promise<void> => {
    const key = `/registry/configmaps/default/${name}`;
    const current = await memory.get(key);
    const value = data === undefined ? undefined : bytes(name, data);
    assert.ok((await memory.commit({ key, value, expectedRevision: current?.modRevision ?? 0 })).ok);
  };
  for (const name of ['gone', 'kept', 'changed']) await put(name, 'old');
  // The first watch finds out that what it wants is forgotten already.
  let watches = 0;
  const store: Pick<Store, 'list' | 'watch'> = {
    list: (prefix, options) => memory.list(prefix, options),
    watch: (prefix, from, signal) => {
      if (++watches === 1) throw new CompactedError(from + 1);
      return memory.watch(prefix, from, signal);
    },
  };
  const feed = new CacheFeed(store as Store, { clock: systemClock, log: silentLogger });
  await feed.load();
  const loaded = feed.revision;
  const cache = feed.cacheOf('configmaps', encoding);
  const seen: string[] = [];
  let cutOff = 0;
  cache.onEvents((events) =>
    seen.push(...events.map(({ key, current, previous }) => `${key} ${!!previous}->${!!current}`)),
  );
  cache.onEvents(() => {}, {
    reset: () => {
      cutOff++;
    },
  });
  await put('gone', undefined);
  await put('changed', 'new');
  await put('new', 'new');
  const stop = new AbortController();
  const following = feed.follow(stop.signal);
  await feed.untilRevision(loaded + 3);
  assert.deepEqual(seen.toSorted(), [
    'default/changed true->true',
    'default/gone true->false',
    'default/new false->true',
  ]);
  assert.equal(cutOff, 1);
  assert.equal(cache.since(loaded), undefined, 'nobody goes on from before');
  await put('later', 'x');
  await feed.untilRevision(loaded + 4);
  assert.equal(seen.at(-1), 'default/later false->true');
  assert.deepEqual(
    [...cache.range()].map(([key, object]) => [key, object.revision]),
    [
      ['default/changed', loaded + 2],
      ['default/kept', loaded - 1],
      ['default/later', loaded + 4],
      ['default/new', loaded + 3],
    ],
  );
  stop.abort();
  await following;
});

test('a cache knows how many objects an earlier state had after a key', async () => {
  const store = new MemoryStore();
  const put = async (name: string, data: string | undefined): Promise<void> => {
    const key = `/registry/configmaps/${name}`;
    const current = await store.get(key);
    const value = data === undefined ? undefined : bytes(name, data);
    assert.ok((await store.commit({ key, value, expectedRevision: current?.modRevision ?? 0 })).ok);
  };
  for (const name of ['a/1', 'a/2', 'a/3', 'a/4', 'b/1']) await put(name, 'old');
  const feed = new CacheFeed(store, { clock: systemClock, log: silentLogger });
  await feed.load();
  const cache = feed.cacheOf('configmaps', encoding);
  const early = feed.revision;
  const stop = new AbortController();
  const following = feed.follow(stop.signal);
  await put('a/3', undefined);
  await put('a/4', 'new');
  await put('a/5', 'new');
  await put('a/6', 'new');
  await put('a/6', undefined);
  await put('b/2', 'new');
  await feed.untilCurrent();
  assert.equal(cache.count('a/', 'a/1'), 3);
  assert.equal(cache.countAt(early, 'a/', 'a/1'), 3);
  assert.equal(cache.countAt(early, 'a/', 'a/2'), 2);
  assert.equal(cache.countAt(early - 1, 'a/', ''), undefined);
  stop.abort();
  await following;
});

test('requests that wait for an unreachable store fail when the server is about to stop', async () => {
  const clock = new FakeClock();
  const memory = new MemoryStore();
  const stop = new AbortController();
  const feed = new CacheFeed(memory, { clock, log: silentLogger });
  await feed.load();
  const following = feed.follow(stop.signal);
  const seen: string[] = [];
  const wait = (ahead: number): void => {
    const name = `${ahead} ahead`;
    feed.untilRevision(loaded + ahead).then(
      () => seen.push(`${name}: there`),
      (error: unknown) => seen.push(`${name}: ${reasonOf(error)}`),
    );
  };
  const loaded = feed.revision;
  wait(1);
  wait(100);
  await clock.advance(600_000);
  assert.deepEqual(seen, [], 'they wait as long as it takes');
  feed.hurry(3000);
  await clock.advance(1000);
  wait(2);
  wait(200);
  const commit = async (name: string): Promise<void> => {
    const { ok } = await memory.commit({
      key: `/registry/configmaps/default/${name}`,
      value: bytes(name, ''),
      expectedRevision: 0,
    });
    assert.ok(ok);
    await systemClock.sleep(1);
  };
  await commit('a');
  await clock.advance(2000);
  assert.deepEqual(seen.splice(0), ['1 ahead: there', '100 ahead: Timeout']);
  await commit('b');
  await clock.advance(1000);
  assert.deepEqual(seen, ['2 ahead: there', '200 ahead: Timeout']);
  stop.abort();
  await following;
  assert.equal(clock.pending, 0);
});

test('a consistent read returns what the store has, even when it was restored from older data', async () => {
  const key = '/registry/configmaps/default/one';
  const storeWith = async (...states: readonly string[]): Promise<MemoryStore> => {
    const memory = new MemoryStore();
    let revision = 0;
    for (const state of states) {
      const written = await memory.commit({ key, value: bytes('one', state), expectedRevision: revision });
      assert.ok(written.ok);
      revision = written.revision;
    }
    return memory;
  };
  let memory = await storeWith('first', 'second', 'third');
  const store: Pick<Store, 'list' | 'watch' | 'currentRevision'> = {
    list: (prefix, options) => memory.list(prefix, options),
    // A store that lost its connection does not notice by itself.
    watch: (prefix, from, signal) => memory.watch(prefix, from, signal),
    currentRevision: async () => memory.currentRevision(),
  };
  const feed = new CacheFeed(store as Store, { clock: systemClock, log: silentLogger });
  await feed.load();
  const cache = feed.cacheOf('configmaps', encoding);
  const state = async (): Promise<unknown> => {
    await feed.untilCurrent();
    return (cache.get('default/one')?.object as { data?: { data?: string } } | undefined)?.data?.data;
  };
  const stop = new AbortController();
  const following = feed.follow(stop.signal);
  assert.equal(await state(), 'third');
  memory = await storeWith('first');
  assert.deepEqual(await Promise.all([state(), state()]), ['first', 'first']);
  await memory.commit({ key, value: bytes('one', 'other'), expectedRevision: feed.revision });
  assert.equal(await state(), 'other', 'the watch is one of the new data');
  stop.abort();
  await following;
});

test('drops a cache that is no longer used, and a later cache of the same resource starts complete', async () => {
  const memory = new MemoryStore();
  const put = async (name: string): Promise<void> => {
    const key = `/registry/things/default/${name}`;
    const current = await memory.get(key);
    const change = { key, value: bytes(name, 'x'), expectedRevision: current?.modRevision ?? 0 };
    assert.ok((await memory.commit(change)).ok);
  };
  const remove = async (name: string): Promise<void> => {
    const key = `/registry/things/default/${name}`;
    const current = await memory.get(key);
    assert.ok((await memory.commit({ key, value: undefined, expectedRevision: current?.modRevision ?? 0 })).ok);
  };
  const feed = new CacheFeed(memory, { clock: systemClock, log: silentLogger });
  await feed.load();
  const stop = new AbortController();
  const following = feed.follow(stop.signal);
  const [first, second] = [feed.cacheOf('things', encoding), feed.cacheOf('things', encoding)];
  assert.equal(first, second, 'two versions share it');
  await put('a');
  await feed.untilCurrent();
  feed.release(first);
  assert.equal(first.isRetired, false, 'the other one has it still');
  feed.release(second);
  assert.equal(first.isRetired, false, 'there is something in it');
  assert.equal(feed.cacheOf('things', encoding), first);
  await remove('a');
  await feed.untilCurrent();
  feed.release(first);
  assert.equal(first.isRetired, true);
  await put('b');
  await feed.untilCurrent();
  assert.equal(first.size, 0);
  const next = feed.cacheOf('things', encoding);
  assert.notEqual(next, first);
  assert.ok(next.get('default/b'));
  await put('c');
  await feed.untilCurrent();
  assert.ok(next.get('default/c'));
  stop.abort();
  await following;
});
