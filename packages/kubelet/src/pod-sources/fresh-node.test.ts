import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node, Pod } from '@typernetes/api/core/v1';
import { silentLogger } from '@typernetes/base/testing';
import { onFreshNode } from './fresh-node.ts';

const nodeWith = (labels: Record<string, string>): Node =>
  ({ metadata: { name: 'node', labels }, spec: {} }) as unknown as Node;
const podFor = (uid: string, status: object = { phase: 'Pending' }): Pod =>
  ({ metadata: { uid }, spec: { nodeSelector: { disktype: 'ssd' }, containers: [] }, status }) as unknown as Pod;

function watched(refresh: (now: { node: Node }) => Promise<void>) {
  const now = { node: nodeWith({}), reads: 0 };
  const seen: string[] = [];
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
    log: silentLogger,
  };
  return {
    now,
    seen,
    sink: onFreshNode({ set: (pod) => void sink.set(pod), remove: (uid) => void sink.remove(uid) }, deps),
  };
}

const turns = () => new Promise((resolve) => setImmediate(resolve));

test('a pod for labels that were set a moment ago waits until the node was read again', async () => {
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

test('a pod that still does not suit, or whose node cannot be read, is handed on to be judged', async () => {
  const { seen, sink } = watched(() => Promise.reject(new Error('away')));
  sink.set(podFor('a'));
  await turns();
  assert.deepEqual(seen, ['set a']);
});

test('a pod that goes while it waits is not handed on, and what runs already never waits', async () => {
  const { seen, sink } = watched(async () => {});
  sink.set(podFor('a'));
  sink.remove('a');
  sink.set(podFor('b', { phase: 'Running' }));
  await turns();
  assert.deepEqual(seen, ['remove a', 'set b']);
});
