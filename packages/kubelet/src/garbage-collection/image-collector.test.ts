import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { RecordedEvents } from '@typernetes/client/testing';
import type { Image } from '@typernetes/cri';
import { ImageCollector } from './image-collector.ts';
import { bytesToFree, tooOld } from './image-plan.ts';

test('frees enough to bring the disk down to the lower threshold', () => {
  const thresholds = { high: 85, low: 80 };
  assert.equal(bytesToFree({ available: 20, capacity: 100 }, thresholds), 0);
  assert.equal(bytesToFree({ available: 10, capacity: 100 }, thresholds), 10);
  assert.equal(bytesToFree({ available: 0, capacity: 100 }, { high: 100, low: 80 }), 0);
});

test('no image counts as too old before the kubelet itself has been up for that long', () => {
  const image = {} as Image;
  const never = Number.NEGATIVE_INFINITY;
  const records = [
    { image, firstSeen: never, lastUsed: never },
    { image, firstSeen: never, lastUsed: 100 },
  ];
  assert.deepEqual(tooOld(records, { now: 50, began: 0, maxAgeMs: 50 }), []);
  assert.deepEqual(tooOld(records, { now: 150, began: 0, maxAgeMs: 50 }), records.slice(0, 1));
  assert.deepEqual(tooOld(records, { now: 151, began: 0, maxAgeMs: 50 }), records);
});

function machineWith(names: readonly string[]) {
  const images = new Map<string, Image>();
  const add = (name: string): void => {
    const image = { id: `sha256:${name}`, repoTags: [`${name}:1`], repoDigests: [], size: '10' };
    images.set(image.id, { ...image, uid: null, username: '', pinned: name === 'pinned' });
  };
  for (const name of names) add(name);
  const clock = new FakeClock();
  const events = new RecordedEvents();
  const state = { used: [] as string[], available: 5 };
  const spans: string[] = [];
  const collector = new ImageCollector({
    tracer: {
      span: ({ name }, run) => {
        spans.push(name);
        return run({ set: () => {}, fail: () => {} });
      },
    },
    runtime: {
      listImages: async () => [...images.values()],
      listContainers: async () => state.used.map((imageRef) => ({ imageRef, image: null })) as never,
      removeImage: async ({ image }) => {
        images.delete(image);
        state.available += 10;
      },
    },
    disk: async () => ({ available: state.available, capacity: 100 }),
    isKept: ({ repoTags }) => repoTags.includes('pause:1'),
    high: 85,
    low: 80,
    minAgeMs: 120_000,
    maxAgeMs: 0,
    node: { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node', uid: 'node' } },
    recorder: events,
    clock,
    log: silentLogger,
  });
  const left = (): string[] => [...images.keys()].map((id) => id.replace('sha256:', '')).sort();
  return { add, clock, collector, events, left, spans, state };
}

test('removes the longest unused images first; used, pinned and new ones stay', async () => {
  const { add, clock, collector, left, spans, state, events } = machineWith(['a', 'b', 'c', 'pause', 'pinned']);
  const { signal } = new AbortController();
  state.available = 50;
  state.used = ['sha256:a', 'sha256:b'];
  await collector.collect(signal);
  state.used = ['b:1'];
  add('new');
  await clock.advance(1000);
  state.available = 5;
  await collector.collect(signal);
  assert.deepEqual(left(), ['b', 'new', 'pause', 'pinned'], 'a and c made room');

  state.available = 1;
  await assert.rejects(
    collector.collect(signal),
    /Attempted to free 19 bytes, but only found 0 bytes eligible to free/,
  );
  assert.match(events.seen.at(-1) ?? '', /FreeDiskSpaceFailed/);
  assert.deepEqual(spans, ['Images/GarbageCollect', 'Images/GarbageCollect', 'Images/GarbageCollect']);
  await clock.advance(120_000);
  await collector.removeUnused(signal);
  assert.deepEqual(left(), ['b', 'pause', 'pinned']);
});
