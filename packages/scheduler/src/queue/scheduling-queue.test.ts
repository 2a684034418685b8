import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@typernetes/base/testing';
import { makeNode, makePod } from '../testing/objects.ts';
import { SchedulingQueue } from './scheduling-queue.ts';

const nodeAdded = { type: 'node-added' as const, node: makeNode('new') };

function setUp(wakes = true) {
  const clock = new FakeClock();
  return { clock, queue: new SchedulingQueue({ clock, wakes: () => wakes }) };
}

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

test('an unschedulable pod returns after an event that may help it, backed off', async () => {
  const { clock, queue } = setUp();
  queue.add(makePod({ name: 'p' }));
  const taken = await queue.take();
  queue.park(taken?.pod.metadata.uid ?? '', new Set(['NodeResourcesFit']));
  assert.equal(queue.count('unschedulable'), 1);
  queue.wake(nodeAdded);
  assert.equal(queue.count('backoff'), 1);
  await clock.advance(1000);
  assert.equal((await queue.take())?.attempts, 2);
  queue.close();
});

test('an event that no plugin waits for wakes nobody', async () => {
  const { queue } = setUp(false);
  queue.add(makePod({ name: 'p' }));
  queue.park((await queue.take())?.pod.metadata.uid ?? '', new Set(['NodeAffinity']));
  queue.wake(nodeAdded);
  assert.equal(queue.count('unschedulable'), 1);
  queue.close();
});

test('an event during the decision is not lost', async () => {
  const { queue } = setUp();
  queue.add(makePod({ name: 'p' }));
  const taken = await queue.take();
  queue.wake(nodeAdded);
  queue.park(taken?.pod.metadata.uid ?? '', new Set());
  assert.equal(queue.count('backoff'), 1);
  queue.close();
});

test('after five minutes a parked pod is tried again unasked', async () => {
  const { clock, queue } = setUp();
  queue.add(makePod({ name: 'p' }));
  queue.park((await queue.take())?.pod.metadata.uid ?? '', new Set());
  await clock.advance(300_000);
  assert.equal(queue.count('active'), 1);
  queue.close();
});

test('a gated pod appears once its last gate is gone', () => {
  const { queue } = setUp();
  const pod = makePod({ name: 'p' });
  queue.add(pod, true);
  assert.equal(queue.count('active'), 0);
  queue.update(pod, pod, false);
  assert.equal(queue.count('active'), 1);
  queue.close();
});
