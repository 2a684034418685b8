import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ConditionLike, withCondition } from './conditions.ts';
import { fnv32a, objectHash } from './hash.ts';
import { resolveIntOrPercent } from './int-or-string.ts';
import { controllerOf, controllerReference, isControlledBy } from './owners.ts';

test('percentages resolve against the total', () => {
  assert.equal(resolveIntOrPercent('25%', { total: 10, roundUp: true }), 3);
  assert.equal(resolveIntOrPercent('25%', { total: 10, roundUp: false }), 2);
  assert.equal(resolveIntOrPercent(4, { total: 10, roundUp: true }), 4);
  assert.throws(() => resolveIntOrPercent('many', { total: 10, roundUp: true }), {
    message: 'invalid value for IntOrString: invalid type: string is not a percentage',
  });
});

test('hashes depend on values, not on the order of members', () => {
  assert.equal(fnv32a('a'), 0xe40c292c);
  assert.equal(objectHash({ a: 1, b: [2], c: undefined }), objectHash({ b: [2], a: 1 }));
  assert.notEqual(objectHash({ a: 1 }), objectHash({ a: 2 }));
  assert.match(objectHash({ a: 1 }), /^[bcdfghjklmnpqrstvwxz2456789]+$/);
});

test('a controlled object knows its controller', () => {
  const owner = { metadata: { name: 'web', uid: 'u1' } };
  const reference = controllerReference(owner, { group: 'apps', version: 'v1', kind: 'ReplicaSet' });
  const pod = { metadata: { ownerReferences: [reference] } };
  assert.equal(controllerOf(pod)?.apiVersion, 'apps/v1');
  assert.ok(isControlledBy(pod, owner));
});

test('a condition keeps its transition time while its status stays', () => {
  const first = withCondition<ConditionLike>([], { type: 'Ready', status: 'True' }, { now: 't1' });
  const same = withCondition(first, { type: 'Ready', status: 'True', reason: 'Again' }, { now: 't2' });
  assert.equal(same[0]?.lastTransitionTime, 't1');
  const other = withCondition(same, { type: 'Ready', status: 'False' }, { now: 't3' });
  assert.equal(other[0]?.lastTransitionTime, 't3');
});
