import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '@typernetes/api/core/v1';
import { FakeClock } from '@typernetes/base/testing';
import type { ClusterEvent } from '../framework/cluster-event.ts';
import { prioritySort } from '../plugins/priority-sort.ts';
import { makeNode, makePod } from '../testing/objects.ts';
import { type QueuedPod, type QueueOptions, SchedulingQueue } from './scheduling-queue.ts';

const nodeAdded: ClusterEvent = { resource: 'Node', action: 'add', object: makeNode('new') };
const fit = new Set(['NodeResourcesFit']);

function setUp({ helps = true, ...options }: Partial<QueueOptions> & { helps?: boolean } = {}) {
  const clock = new FakeClock();
  const gated = new Set<string>();
  const policy = {
    compare: prioritySort.compare,
    gate: (pod: Pod) => (gated.has(pod.metadata.name) ? 'SchedulingGates' : undefined),
    concerned: () => new Set(['NodeResourcesFit', 'SchedulingGates']),
    helps: (_waiting: QueuedPod, event: ClusterEvent) => helps || event.resource === 'WaitingPod',
  };
  return { clock, gated, queue: new SchedulingQueue({ clock, policy, ...options }) };
}

const uidOf = (queued: QueuedPod | undefined): string => queued?.pod.metadata.uid ?? '';

test('hands out by priority, then by arrival', async () => {
  const { clock, queue } = setUp();
  for (const pod of [
    makePod({ name: 'first' }),
    makePod({ name: 'second' }),
    makePod({ name: 'urgent', priority: 10 }),
  ])
    queue.add(pod);
  const order = [await queue.take(), await queue.take(), await queue.take()].map((next) => next?.pod.metadata.name);
  assert.deepEqual(order, ['urgent', 'first', 'second']);
  queue.close();
  assert.equal(clock.pending, 0);
});

test('an unschedulable pod returns after an event that may help it, with a back-off while others are active', async () => {
  const { clock, queue } = setUp();
  queue.add(makePod({ name: 'p', priority: 1 }));
  queue.park(uidOf(queue.takeNow()), fit);
  assert.equal(queue.count('unschedulable'), 1);
  queue.add(makePod({ name: 'other' }));
  queue.wake(nodeAdded);
  assert.equal(queue.count('backoff'), 1);
  assert.equal(queue.takeNow()?.pod.metadata.name, 'other');
  await clock.advance(1000);
  assert.deepEqual([queue.count('backoff'), queue.count('active')], [0, 1]);
  assert.equal((await queue.take())?.attempts, 2);
  queue.close();
});

test('with nothing else to do a backing-off pod is tried early, unless its attempt had failed', () => {
  const { queue } = setUp();
  queue.add(makePod({ name: 'p' }));
  queue.park(uidOf(queue.takeNow()), fit);
  queue.wake(nodeAdded);
  const again = queue.takeNow();
  assert.equal(again?.attempts, 2);
  queue.retry(uidOf(again));
  assert.equal(queue.takeNow(), undefined);
  queue.close();
});

test('back-off doubles up to its limit', async () => {
  const { clock, queue } = setUp({ initialBackoffMs: 1000, maxBackoffMs: 4000 });
  queue.add(makePod({ name: 'p' }));
  for (const delay of [1000, 2000, 4000, 4000]) {
    queue.retry(uidOf(queue.takeNow()));
    await clock.advance(delay - 1);
    assert.equal(queue.count('active'), 0);
    await clock.advance(1);
    assert.equal(queue.count('active'), 1);
  }
  queue.close();
});

test('an event that no plugin waits for wakes nobody', () => {
  const { queue } = setUp({ helps: false });
  queue.add(makePod({ name: 'p' }));
  queue.park(uidOf(queue.takeNow()), new Set(['NodeAffinity']));
  queue.wake(nodeAdded);
  assert.equal(queue.count('unschedulable'), 1);
  queue.close();
});

test('an event during the decision is not lost', () => {
  const { queue } = setUp();
  queue.add(makePod({ name: 'p' }));
  const taken = queue.takeNow();
  queue.wake(nodeAdded);
  queue.park(uidOf(taken), fit);
  assert.equal(queue.count('backoff'), 1);
  queue.close();
});

test('an event from before the decision does not count', () => {
  const { queue } = setUp();
  queue.add(makePod({ name: 'other' }));
  const other = queue.takeNow();
  queue.wake(nodeAdded);
  queue.add(makePod({ name: 'p' }));
  queue.park(uidOf(queue.takeNow()), fit);
  assert.equal(queue.count('unschedulable'), 1);
  queue.park(uidOf(other), fit);
  assert.equal(queue.count('backoff'), 1);
  queue.close();
});

test('after five minutes an unschedulable pod is tried again without an event', async () => {
  const { clock, queue } = setUp();
  queue.add(makePod({ name: 'p' }));
  queue.park(uidOf(queue.takeNow()), fit);
  await clock.advance(300_000);
  assert.equal(queue.count('active'), 1);
  queue.close();
  assert.equal(clock.pending, 0);
});

test('a gated pod appears once its last gate is gone', () => {
  const { queue, gated } = setUp();
  const pod = makePod({ name: 'p' });
  gated.add('p');
  queue.add(pod);
  assert.deepEqual([queue.count('active'), queue.count('gated')], [0, 1]);
  gated.clear();
  queue.update(pod, pod);
  assert.deepEqual([queue.count('active'), queue.count('gated')], [1, 0]);
  queue.close();
});

for (const [direction, ms] of [
  ['back', -3_600_000],
  ['forward', 3_600_000],
] as const)
  test(`pods wait no longer and no shorter when the clock is set ${direction}`, async () => {
    const { clock, queue } = setUp();
    queue.add(makePod({ name: 'failed' }));
    queue.retry(uidOf(queue.takeNow()));
    queue.add(makePod({ name: 'parked' }));
    queue.park(uidOf(queue.takeNow()), fit);
    clock.jump(ms);
    await clock.advance(999);
    assert.equal(queue.count('active'), 0);
    await clock.advance(1);
    assert.equal(queue.takeNow()?.pod.metadata.name, 'failed');
    await clock.advance(299_000);
    assert.equal(queue.takeNow()?.pod.metadata.name, 'parked');
    queue.close();
    assert.equal(clock.pending, 0);
  });
