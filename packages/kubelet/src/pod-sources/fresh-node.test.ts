import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node, Pod } from '@typernetes/api/core/v1';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { onFreshNode } from './fresh-node.ts';

const nodeWith = (labels: Record<string, string>): Node =>
  ({ metadata: { name: 'node', labels }, spec: {} }) as unknown as Node;
const podFor = (uid: string, status: object = { phase: 'Pending' }): Pod =>
  ({ metadata: { uid }, spec: { nodeSelector: { disktype: 'ssd' }, containers: [] }, status }) as unknown as Pod;

function watched(refresh: (now: { node: Node }) => Promise<void>) {
  const now = { node: nodeWith({}), reads: 0 };
  const seen: string[] = [];
  const clock = new FakeClock();
  const sink = {
    set: (pod: Pod) => seen.push(`set ${pod.metadata.uid}`),
    remove: (uid: string) => seen.push(`remove ${uid}`),
  };
  const deps = {
    node: () => now.node,
    refresh: async () => {
      now.reads++;
      await refresh(now);
    },
    clock,
    log: silentLogger,
  };
  return {
    now,
    seen,
    clock,
    sink: onFreshNode({ set: (pod) => void sink.set(pod), remove: (uid) => void sink.remove(uid) }, deps),
  };
}

const turns = () => new Promise((resolve) => setImmediate(resolve));

test('a pod that needs a label set just now waits until the node has been read again', async () => {
  const { now, seen, sink } = watched(async (state) => {
    state.node = nodeWith({ disktype: 'ssd' });
  });
  sink.set(podFor('a'));
  sink.set(podFor('a'));
  assert.deepEqual(seen, []);
  await turns();
  assert.deepEqual([seen, now.reads], [['set a'], 1]);
  sink.set(podFor('b'));
  assert.deepEqual([seen, now.reads], [['set a', 'set b'], 1]);
});

test('a pod that still does not fit is passed on for admission', async () => {
  const { seen, sink } = watched(async () => {});
  sink.set(podFor('a'));
  await turns();
  assert.deepEqual(seen, ['set a']);
});

test('while the node cannot be read, pods wait instead of being judged by stale data', async () => {
  let failures = 3;
  const { seen, sink, clock, now } = watched(async (state) => {
    if (failures-- > 0) throw new Error('read ECONNRESET');
    state.node = nodeWith({ disktype: 'ssd' });
  });
  const stop = new AbortController();
  const running = sink.run(stop.signal);
  sink.set(podFor('a'));
  await turns();
  assert.deepEqual(seen, []);
  await clock.advance(5000);
  assert.deepEqual([seen, now.reads], [['set a'], 4]);
  failures = Number.POSITIVE_INFINITY;
  now.node = nodeWith({});
  sink.set(podFor('b'));
  await turns();
  stop.abort();
  await running;
  assert.deepEqual([seen, clock.pending], [['set a'], 0]);
});

test('a pod deleted while it waits is not passed on, and running pods never wait', async () => {
  const { seen, sink } = watched(async () => {});
  sink.set(podFor('a'));
  sink.remove('a');
  sink.set(podFor('b', { phase: 'Running' }));
  await turns();
  assert.deepEqual(seen, ['remove a', 'set b']);
});
