import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Point, Reading } from './reading.ts';
import { UsageHistory } from './usage-history.ts';

const point = (at: number, cpuSeconds: number, startedAt?: number): Point => ({
  at,
  cpuSeconds,
  memoryBytes: 1000 + at / 1000,
  startedAt,
});
const reading = (node: Point | undefined, containers: Record<string, Point> = {}): Reading => ({
  node,
  pods: new Map(Object.keys(containers).length > 0 ? [['shop/web', new Map(Object.entries(containers))]] : []),
});

function history(...rounds: readonly Record<string, Reading>[]): UsageHistory {
  const all = new UsageHistory(15_000);
  for (const round of rounds) all.replace(new Map(Object.entries(round)));
  return all;
}

test('usage is the difference of two readings', () => {
  const one = history({ n: reading(point(10_000, 5)) });
  assert.equal(one.node('n'), undefined);
  assert.equal(one.isReady, false);
  const two = history({ n: reading(point(10_000, 5)) }, { n: reading(point(25_000, 8)) });
  assert.deepEqual(two.node('n'), { cpuNanos: 200_000_000, memoryBytes: 1025, at: 25_000, windowMs: 15_000 });
  assert.equal(two.isReady, true);
});

test('a repeated measurement changes nothing', () => {
  const first = [{ n: reading(point(10_000, 5)) }, { n: reading(point(25_000, 8)) }];
  const again = history(...first, { n: reading(point(25_000, 8)) });
  assert.deepEqual(again.node('n'), history(...first).node('n'));
});

test('a kubelet that does not answer loses its metrics', () => {
  const gone = history({ n: reading(point(10_000, 5)) }, { n: reading(point(25_000, 8)) }, {});
  assert.equal(gone.node('n'), undefined);
});

test('a counter that was reset, or a clock that was set back, gives no usage', () => {
  assert.equal(history({ n: reading(point(10_000, 5)) }, { n: reading(point(25_000, 1)) }).node('n'), undefined);
  assert.equal(history({ n: reading(point(10_000, 5)) }, { n: reading(point(9_000, 6)) }).node('n'), undefined);
});

test('a pod has usage when all its containers have', () => {
  const both = { c: point(10_000, 1), d: point(10_000, 2) };
  const later = { c: point(25_000, 2.5), d: point(25_000, 2) };
  const known = history({ n: reading(undefined, both) }, { n: reading(undefined, later) }).pod('shop/web');
  assert.deepEqual(
    [...(known ?? [])].map(([name, { cpuNanos }]) => [name, cpuNanos]),
    [
      ['c', 100_000_000],
      ['d', 0],
    ],
  );
  const joined = history({ n: reading(undefined, { c: both.c }) }, { n: reading(undefined, later) });
  assert.equal(joined.pod('shop/web'), undefined);
});

test('a container started ten seconds ago has usage after one reading, an older one after two', () => {
  const once = (startedAt: number) => history({ n: reading(undefined, { c: point(30_000, 6, startedAt) }) });
  const fresh = once(18_000).pod('shop/web')?.get('c');
  assert.deepEqual([fresh?.cpuNanos, fresh?.windowMs], [500_000_000, 12_000]);
  assert.equal(once(21_000).pod('shop/web'), undefined, 'nine seconds say too little');
  assert.equal(once(14_000).pod('shop/web'), undefined, 'it was there a round ago');
});

test('a restarted container counts as a new one', () => {
  const first = { n: reading(undefined, { c: point(10_000, 6, 1000) }) };
  const restarted = history(first, { n: reading(undefined, { c: point(25_000, 7, 20_000) }) });
  assert.equal(restarted.pod('shop/web'), undefined);
});
