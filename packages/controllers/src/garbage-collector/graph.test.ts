import assert from 'node:assert/strict';
import { test } from 'node:test';
import { replicasets } from '@typernetes/api/apps/v1';
import { nodes, pods } from '@typernetes/api/core/v1';
import type { ApiObject, ObjectMeta, OwnerReference, ResourceType } from '@typernetes/machinery';
import { AbsentOwners } from './absent-owners.ts';
import { OwnershipGraph } from './graph.ts';

const [pod, set, node] = [pods, replicasets, nodes] as unknown as ResourceType<ApiObject>[] as [
  ResourceType<ApiObject>,
  ResourceType<ApiObject>,
  ResourceType<ApiObject>,
];

function watched() {
  const woken: string[] = [];
  const misplaced: string[] = [];
  const graph = new OwnershipGraph(
    {
      wake: (uid) => woken.push(uid),
      misplaced: (dependent, { uid }) => misplaced.push(`${dependent.uid} -> ${uid}`),
    },
    new AbsentOwners(),
  );
  /** Which nodes were woken since the last call. */
  const wakes = (): string[] => [...new Set(woken.splice(0))].sort();
  return { graph, wakes, misplaced };
}

const meta = (uid: string, more: Partial<ObjectMeta> = {}): ObjectMeta => ({
  name: uid,
  namespace: 'shop',
  uid,
  resourceVersion: '1',
  creationTimestamp: '',
  ...more,
});
const owner = (uid: string, more: Partial<OwnerReference> = {}): OwnerReference => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  name: uid,
  uid,
  ...more,
});
const deleted = (finalizer: string) => ({ deletionTimestamp: 'now', finalizers: [finalizer] });

test('an owner that was seen before its dependents wakes nobody', () => {
  const { graph, wakes } = watched();
  graph.observe(set, meta('web'));
  graph.observe(pod, meta('a', { ownerReferences: [owner('web')] }));
  assert.deepEqual(wakes(), []);
});

test('an owner that was not seen is verified, which ends once it is seen', () => {
  const { graph, wakes } = watched();
  graph.observe(pod, meta('a', { ownerReferences: [owner('web')] }));
  assert.deepEqual(wakes(), ['web']);
  graph.observe(set, meta('web'));
  assert.deepEqual(wakes(), []);
});

test('dependents are woken when their owner is deleted; the last of them removes the virtual node', () => {
  const { graph, wakes } = watched();
  graph.observe(set, meta('web'));
  graph.observe(pod, meta('a', { ownerReferences: [owner('web')] }));
  graph.remove('web');
  assert.deepEqual(wakes(), ['a']);
  graph.remove('a');
  assert.equal(graph.size, 0);
});

test('a foreground deletion wakes the owner and its dependents, and the owner again whenever one is gone or drops its reference', () => {
  const { graph, wakes } = watched();
  graph.observe(set, meta('web'));
  for (const uid of ['a', 'b']) graph.observe(pod, meta(uid, { ownerReferences: [owner('web')] }));
  graph.observe(set, meta('web', deleted('foregroundDeletion')));
  assert.deepEqual(wakes(), ['a', 'b', 'web']);
  graph.remove('a');
  assert.deepEqual(wakes(), ['web']);
  graph.observe(pod, meta('b'));
  assert.deepEqual(wakes(), ['web']);
});

test('an orphaning deletion wakes the owner alone, also for a dependent that arrives late', () => {
  const { graph, wakes } = watched();
  graph.observe(set, meta('web', deleted('orphan')));
  assert.deepEqual(wakes(), ['web']);
  graph.observe(pod, meta('a', { ownerReferences: [owner('web')] }));
  assert.deepEqual(wakes(), ['web']);
});

for (const order of ['owner first', 'dependent first']) {
  test(`an owner in another namespace is reported, and its dependent looked at: ${order}`, () => {
    const { graph, wakes, misplaced } = watched();
    const steps = [
      () => graph.observe(set, meta('web', { namespace: 'elsewhere' })),
      () => graph.observe(pod, meta('a', { ownerReferences: [owner('web')] })),
    ];
    for (const step of order === 'owner first' ? steps : steps.reverse()) step();
    assert.deepEqual(misplaced, ['a -> web']);
    assert.ok(wakes().includes('a'));
  });
}

test("verifies an object with a wrong reference; another version of the owner's group is correct", () => {
  const { graph, wakes } = watched();
  graph.observe(set, meta('web'));
  graph.observe(pod, meta('a', { ownerReferences: [owner('web', { name: 'other' })] }));
  graph.observe(pod, meta('b', { ownerReferences: [owner('web', { apiVersion: 'apps/v1beta1' })] }));
  assert.deepEqual(wakes(), ['a']);
});

test('a cluster-scoped owner may be referenced from any namespace', () => {
  const { graph, wakes, misplaced } = watched();
  graph.observe(node, meta('n', { namespace: undefined }));
  graph.observe(pod, meta('a', { ownerReferences: [owner('n', { apiVersion: 'v1', kind: 'Node' })] }));
  assert.deepEqual([wakes(), misplaced], [[], []]);
});
