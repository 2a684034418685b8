import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CollectorPlan, type OwnerState, planDependent } from './plan.ts';

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
  ['in a cycle', ['waiting'], { hasDependents: true, hasDeletingDependents: true }, remove('Foreground', true)],
  ['gone owner, own wish to orphan', ['absent'], { finalizers: ['orphan'] }, remove('Orphan')],
  ['gone owner, foreground', ['absent'], { finalizers: ['foregroundDeletion'] }, remove('Foreground')],
];
for (const [name, owners, object, plan] of cases) {
  test(name, () => assert.deepEqual(planDependent(owners.map(owner), { ...alone, ...object }), plan));
}
