import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CacheEvent } from './cache-event.ts';
import { CachedObject, encodingOf } from './cached-object.ts';
import { ChangeWindow } from './change-window.ts';

const encoding = encodingOf({ apiVersion: 'v1', kind: 'ConfigMap' });
const MiB = 1024 * 1024;

/** An object of about so many bytes. */
function objectOf(bytes: number): CachedObject {
  const stored = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'a' }, data: { text: 'x'.repeat(bytes) } };
  return CachedObject.of(encoding, Buffer.from(JSON.stringify(stored)), 1);
}
const [tiny, large] = [objectOf(10), objectOf(MiB)];

/** Changes of these revisions. All have the same object: the window only looks at its size. */
const changes = (from: number, to: number, current = tiny): CacheEvent[] =>
  Array.from({ length: to - from + 1 }, (_, i) => {
    return { revision: from + i, key: 'default/a', current, previous: undefined, encodings: new Map() };
  });

test('keeps thousands of small changes, and not more', () => {
  const window = new ChangeWindow(0);
  for (const change of changes(1, 30_000)) window.push([change]);
  assert.ok(window.size >= 8192 && window.size <= 8192 * 1.25, `${window.size}`);
  assert.deepEqual([window.start, window.last], [30_000 - window.size, 30_000]);
  assert.equal(window.since(window.start)?.length, window.size);
  assert.equal(window.since(window.start - 1), undefined);
});

test('keeps a hundred large changes, so that a large object that changes every second does not fill the memory', () => {
  const window = new ChangeWindow(0);
  for (const change of changes(1, 300, large)) window.push([change]);
  assert.ok(window.size >= 100 && window.size <= 126, `${window.size}`);
  assert.equal(window.since(window.start)?.length, window.size);
  // Once they are gone, as many small ones as before are kept.
  for (const change of changes(301, 6000)) window.push([change]);
  assert.ok(window.size > 5000, `${window.size}`);
});

test('drops what the store has compacted, except for the last hundred changes', () => {
  const window = new ChangeWindow(0);
  window.push(changes(1, 1000));
  window.forget(300);
  assert.deepEqual([window.start, window.size], [300, 700]);
  window.forget(1000);
  assert.deepEqual([window.start, window.size, window.last], [900, 100, 1000]);
  window.forget(2000);
  assert.equal(window.since(950)?.length, 50);
});

test('a window can be extended into the past up to its limits', () => {
  const window = new ChangeWindow(200);
  window.push(changes(201, 210));
  assert.ok(window.reachBack(100, changes(101, 200)));
  assert.deepEqual([window.start, window.size, window.since(150)?.length], [100, 110, 60]);
  assert.equal(window.reachBack(-100, changes(-99, 100, large)), false);
  assert.deepEqual([window.start, window.size], [100, 110]);
});
