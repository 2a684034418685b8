import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Binding, Pod } from '@typernetes/api/core/v1';
import { bound } from './binding-handler.ts';

const at = '2026-01-01T00:00:00Z';

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value);
    for (const member of Object.values(value)) frozen(member);
  }
  return value;
}

function pod(changes: { metadata?: object; spec?: object; status?: object } = {}): Pod {
  return frozen({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'n', uid: 'u', annotations: { a: '1' }, ...changes.metadata },
    spec: { containers: [{ name: 'c' }], ...changes.spec },
    status: { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False' }], ...changes.status },
  } as unknown as Pod);
}

const options = { now: at, clearsNomination: true };
const binding = (metadata: object = {}): Binding => ({ metadata, target: { name: 'node' } }) as unknown as Binding;

test("the pod gets the node, the condition and the binding's metadata; the current object is not changed", () => {
  const current = pod();
  const next = bound(current, binding({ uid: 'u', annotations: { b: '2' }, labels: { l: 'x' } }), options);
  assert.equal(next.spec.nodeName, 'node');
  assert.deepEqual(next.metadata.annotations, { a: '1', b: '2' });
  assert.deepEqual(next.metadata.labels, { l: 'x' });
  assert.deepEqual(next.status, {
    phase: 'Pending',
    conditions: [{ type: 'PodScheduled', status: 'True', lastTransitionTime: at }],
  });
  assert.equal(current.spec.nodeName, undefined);
  // Later steps may change its metadata, so the top level is not shared.
  assert.ok(!Object.isFrozen(next.metadata));
});

test('refuses what cannot be bound', () => {
  const cases = [
    [pod({ spec: { nodeName: 'other' } }), binding(), /already assigned to node "other"/],
    [pod({ metadata: { deletionTimestamp: at } }), binding(), /is being deleted/],
    [pod({ spec: { schedulingGates: [{ name: 'g' }] } }), binding(), /non-empty .spec.schedulingGates/],
    [pod(), binding({ uid: 'other' }), /UID in precondition: other, UID in object meta: u$/],
    [
      pod({ metadata: { resourceVersion: '7' } }),
      binding({ resourceVersion: '5' }),
      /ResourceVersion in precondition: 5, ResourceVersion in object meta: 7$/,
    ],
  ] as const;
  for (const [current, wanted, message] of cases)
    assert.throws(() => bound(current, wanted, options), { reason: 'Conflict', message });
});

test('the condition replaces the previous one, with its transition time', () => {
  const ready = { type: 'Ready', status: 'False' };
  const conditionsOf = (...before: object[]) =>
    bound(pod({ status: { conditions: before } }), binding(), options).status?.conditions;
  const scheduled = { type: 'PodScheduled', status: 'True', lastTransitionTime: at };
  const refused = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', lastTransitionTime: 'before' };
  assert.deepEqual(conditionsOf(refused, ready), [scheduled, ready]);
  assert.deepEqual(conditionsOf(ready), [ready, scheduled]);
  const known = { type: 'PodScheduled', status: 'True', lastTransitionTime: 'before' };
  assert.deepEqual(conditionsOf(known), [{ ...scheduled, lastTransitionTime: 'before' }]);
});

test('binding clears the nominated node, unless the feature is off', () => {
  const waiting = pod({ status: { nominatedNodeName: 'node' } });
  const next = bound(waiting, binding(), options);
  assert.ok(next.status && !('nominatedNodeName' in next.status));
  assert.equal(bound(waiting, binding(), { ...options, clearsNomination: false }).status?.nominatedNodeName, 'node');
  assert.equal(waiting.status?.nominatedNodeName, 'node');
});
