import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Namespace } from '@typernetes/api/core/v1';
import { type Emptying, isEmpty, terminatingConditions } from './plan.ts';

const namespace: Namespace = {
  metadata: { name: 'shop', uid: 'n', resourceVersion: '1', creationTimestamp: '' },
  spec: {},
};
const now = '2026-01-01T00:00:00Z';
const emptying = (rest: Partial<Emptying> = {}): Emptying => ({
  discoveryFailures: new Map(),
  deletionFailures: [],
  remaining: new Map(),
  finalizers: new Map(),
  ...rest,
});

test('the conditions name what blocks the deletion', () => {
  const remaining = new Map([
    ['pods', 2],
    ['deployments.apps', 1],
  ]);
  const stuck = emptying({ remaining, finalizers: new Map([['example.com/keep', 1]]) });
  const conditions = terminatingConditions(namespace, stuck, now);
  assert.deepEqual(
    conditions.map(({ type, status }) => `${type}=${status}`),
    [
      'NamespaceDeletionDiscoveryFailure=False',
      'NamespaceDeletionGroupVersionParsingFailure=False',
      'NamespaceDeletionContentFailure=False',
      'NamespaceContentRemaining=True',
      'NamespaceFinalizersRemaining=True',
    ],
  );
  assert.equal(
    conditions[3]?.message,
    'Some resources are remaining: deployments.apps has 1 resource instances, pods. has 2 resource instances',
  );
  assert.equal(
    conditions[4]?.message,
    'Some content in the namespace has finalizers remaining: example.com/keep in 1 resource instances',
  );
});

test('a namespace is empty only when everything could be listed', () => {
  assert.equal(isEmpty(emptying()), true);
  assert.equal(isEmpty(emptying({ discoveryFailures: new Map([['metrics.k8s.io/v1', 'down']]) })), false);
  assert.equal(isEmpty(emptying({ deletionFailures: ['pods: forbidden'] })), false);
});
