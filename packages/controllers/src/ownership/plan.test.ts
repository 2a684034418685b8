import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ApiObject, selectorFromLabels } from '@typernetes/machinery';
import { planClaims } from './plan.ts';

const owner: ApiObject = { metadata: { name: 'web', uid: 'o', resourceVersion: '1', creationTimestamp: '' } };
const object = (name: string, app: string, rest: Partial<ApiObject['metadata']> = {}): ApiObject => ({
  metadata: { name, uid: name, resourceVersion: '1', creationTimestamp: '', labels: { app }, ...rest },
});
const owned = (name: string, app: string, rest: Partial<ApiObject['metadata']> = {}): ApiObject =>
  object(name, app, {
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: 'o', controller: true }],
    ...rest,
  });
const gone = { deletionTimestamp: '2026-01-01T00:00:00Z' };

test('adopts matching orphans, and releases owned objects that do not match', () => {
  const candidates = {
    owned: [owned('mine', 'web'), owned('changed', 'other'), owned('leaving', 'other', gone)],
    orphans: [object('stray', 'web'), object('foreign', 'other'), object('dying', 'web', gone)],
  };
  const names = (objects: readonly ApiObject[]) => objects.map(({ metadata }) => metadata.name);
  const plan = planClaims(owner, selectorFromLabels({ app: 'web' }), candidates);
  assert.deepEqual([names(plan.keep), names(plan.adopt), names(plan.release)], [['mine'], ['stray'], ['changed']]);
  const leaving = { metadata: { ...owner.metadata, ...gone } };
  const last = planClaims(leaving, selectorFromLabels({ app: 'web' }), candidates);
  assert.deepEqual([names(last.keep), last.adopt, last.release], [['mine'], [], []]);
});
