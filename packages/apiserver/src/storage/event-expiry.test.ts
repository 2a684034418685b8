import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Event, events } from '@typernetes/api/core/v1';
import { systemRandom, timestamp } from '@typernetes/base';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { MemoryStore } from '@typernetes/store';
import { CacheFeed } from '../cache/cache-feed.ts';
import { builtInResources } from '../registry/resources.ts';
import { EventExpiry } from './event-expiry.ts';
import { ResourceStorage } from './resource-storage.ts';

const minute = 60_000;
const ttlMs = 60 * minute;

async function running(
  store: MemoryStore,
  clock: FakeClock,
  use: (storage: ResourceStorage) => Promise<void>,
): Promise<void> {
  const feed = new CacheFeed(store, { clock, log: silentLogger });
  await feed.load();
  const served = builtInResources.find(({ type }) => type.plural === events.plural && type.group === '');
  assert.ok(served);
  const deps = { store, feed, clock, random: systemRandom, log: silentLogger };
  const storage = new ResourceStorage(served, { ...deps, admission: [], allocators: {}, featureEnabled: () => false });
  const stop = new AbortController();
  const following = feed.follow(stop.signal);
  const expiring = new EventExpiry(storage, { ttlMs, clock, log: silentLogger }).run(stop.signal).catch(() => {});
  try {
    await use(storage);
  } finally {
    stop.abort();
    await Promise.all([following, expiring]);
  }
}

const event = (name: string, clock: FakeClock): Event => ({
  apiVersion: 'v1',
  kind: 'Event',
  metadata: {
    name,
    namespace: 'shop',
    uid: name,
    resourceVersion: '',
    creationTimestamp: timestamp(clock.now()),
  },
  involvedObject: {},
  lastTimestamp: timestamp(clock.now()),
});
const put = (storage: ResourceStorage, name: string, clock: FakeClock) =>
  storage.insert(`shop/${name}`, event(name, clock));
const names = (storage: ResourceStorage): string[] => [...storage.cache.range()].map(([key]) => key.slice(5));

test('deletes an event that nobody has written for its time to live', async () => {
  const clock = new FakeClock();
  await running(new MemoryStore(), clock, async (storage) => {
    await put(storage, 'a', clock);
    await clock.advance(30 * minute);
    await put(storage, 'b', clock);
    await clock.advance(28 * minute);
    assert.deepEqual(names(storage), ['a', 'b']);
    await clock.advance(4 * minute);
    assert.deepEqual(names(storage), ['b']);
    await clock.advance(30 * minute);
    assert.deepEqual(names(storage), []);
  });
});

test('a restarted server uses the timestamps in the stored events', async () => {
  const clock = new FakeClock();
  const store = new MemoryStore();
  await running(store, clock, async (storage) => {
    await put(storage, 'old', clock);
    await clock.advance(40 * minute);
    await put(storage, 'young', clock);
  });
  await clock.advance(25 * minute);
  await running(store, clock, async (storage) => {
    await clock.advance(minute);
    assert.deepEqual(names(storage), ['young']);
    await clock.advance(35 * minute);
    assert.deepEqual(names(storage), []);
  });
});
