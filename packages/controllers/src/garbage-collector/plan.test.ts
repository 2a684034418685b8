import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GraphNode } from './graph.ts';
import {
  blockingDependents,
  type CollectorPlan,
  nextStep,
  type OwnerState,
  planDependent,
  type Step,
  waitsForItself,
} from './plan.ts';

const owner = (state: OwnerState, i: number) => ({
  reference: { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `o${i}`, uid: `o${i}` },
  state,
});
const alone = { finalizers: [], hasDependents: false, hasDeletingDependents: false };
const remove = (propagation: 'Background' | 'Foreground' | 'Orphan', unblock = false): CollectorPlan => ({
  action: 'delete',
  propagation,
  unblock,
});

const cases: [name: string, owners: OwnerState[], object: Partial<typeof alone> | object, plan: CollectorPlan][] = [
  ['without owners', [], {}, { action: 'none' }],
  ['its owner lives', ['solid'], {}, { action: 'none' }],
  ['its owner is gone', ['absent'], {}, remove('Background')],
  ['one of two is gone', ['solid', 'absent'], {}, { action: 'dropOwners', uids: ['o1'] }],
  ['one of two waits', ['solid', 'waiting'], {}, { action: 'dropOwners', uids: ['o1'] }],
  ['its owner waits', ['waiting'], {}, remove('Background')],
  ['its owner waits and it owns others', ['waiting'], { hasDependents: true }, remove('Foreground')],
  ['its owner waits, another is gone', ['waiting', 'absent'], {}, remove('Background')],
  ['the kind of one owner is not served', ['absent', 'unknown'], {}, { action: 'retry' }],
  ['it cannot have such an owner', ['absent', 'invalid'], {}, { action: 'none' }],
  ['in a cycle', ['waiting'], { hasDependents: true, hasDeletingDependents: true }, remove('Foreground', true)],
  ['gone owner, own wish to orphan', ['absent'], { finalizers: ['orphan'] }, remove('Orphan')],
  ['gone owner, foreground', ['absent'], { finalizers: ['foregroundDeletion'] }, remove('Foreground')],
];
for (const [name, owners, object, plan] of cases) {
  test(name, () => assert.deepEqual(planDependent(owners.map(owner), { ...alone, ...object }), plan));
}

const owned = [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'o', uid: 'o' }];
const identity = { namespace: 'shop', name: 'p', uid: 'p' } as GraphNode['identity'];
const steps: [name: string, node: Partial<GraphNode>, step: Step][] = [
  ['never seen', { identity: undefined }, 'verify'],
  ['owned', { owners: owned }, 'judge'],
  ['free', {}, 'nothing'],
  ['owned, being deleted', { owners: owned, deleting: true }, 'nothing'],
  ['a finalizer alone deletes nothing', { finalizers: ['foregroundDeletion'] }, 'nothing'],
  ['deleted in the foreground', { deleting: true, finalizers: ['foregroundDeletion'] }, 'awaitDependents'],
  ['deleted, orphaning', { owners: owned, deleting: true, finalizers: ['orphan'] }, 'orphan'],
  ['orphaning comes first', { deleting: true, finalizers: ['foregroundDeletion', 'orphan'] }, 'orphan'],
];
for (const [name, node, step] of steps) {
  test(`next step: ${name}`, () =>
    assert.equal(nextStep({ identity, owners: [], finalizers: [], deleting: false, ...node }), step));
}

test('only references that say so block the deletion of their owner', () => {
  const dependent = (uid: string, blockOwnerDeletion?: boolean) =>
    ({ uid, owners: owned.map((reference) => ({ ...reference, blockOwnerDeletion })) }) as unknown as GraphNode;
  const dependents = new Set([dependent('a', true), dependent('b', false), dependent('c')]);
  assert.deepEqual(
    blockingDependents({ uid: 'o', dependents }).map(({ uid }) => uid),
    ['a'],
  );
});

/** Nodes by name; each waits for the named dependents. */
function waiting(edges: Record<string, string>, living = ''): Map<string, GraphNode> {
  const nodes = new Map<string, GraphNode & { owners: { uid: string; blockOwnerDeletion: boolean }[] }>();
  for (const uid of Object.keys(edges)) {
    const deleting = !living.includes(uid);
    const node = {
      uid,
      owners: [],
      finalizers: deleting ? ['foregroundDeletion'] : [],
      deleting,
      dependents: new Set(),
    };
    nodes.set(uid, node as never);
  }
  for (const [uid, dependents] of Object.entries(edges))
    for (const name of dependents) {
      const dependent = nodes.get(name);
      dependent?.owners.push({ uid, blockOwnerDeletion: true });
      if (dependent) nodes.get(uid)?.dependents.add(dependent);
    }
  return nodes;
}

const circles: [name: string, edges: Record<string, string>, living: string, stuck: string][] = [
  ['an object owns itself', { a: 'a' }, '', 'a'],
  ['an object owns itself and another, which lives yet', { a: 'ab', b: '' }, 'b', ''],
  ['two own each other', { a: 'b', b: 'a' }, '', 'ab'],
  ['two own each other, one is not being deleted', { a: 'b', b: 'a' }, 'b', ''],
  ['who waits for a circle waits on', { a: 'b', b: 'c', c: 'b' }, '', 'bc'],
  ['a circle waits for another circle', { a: 'ab', b: 'b' }, '', 'b'],
  ['a chain', { a: 'b', b: 'c', c: '' }, '', ''],
];
for (const [name, edges, living, stuck] of circles) {
  test(`foreground deletions that wait for themselves: ${name}`, () => {
    const found = [...waiting(edges, living).values()].filter(waitsForItself).map(({ uid }) => uid);
    assert.equal(found.filter((uid) => edges[uid] !== '').join(''), stuck);
  });
}
