import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PersistentVolumeClaim, Pod } from '@typernetes/api/core/v1';
import { planEphemeral } from './plan.ts';

const meta = (name: string) => ({ name, namespace: 'shop', uid: name, resourceVersion: '1', creationTimestamp: '' });
const pod: Pod = {
  metadata: meta('web'),
  spec: {
    containers: [],
    volumes: [
      { name: 'scratch', ephemeral: { volumeClaimTemplate: { metadata: { labels: { a: 'b' } } as never, spec: {} } } },
      { name: 'kept', persistentVolumeClaim: { claimName: 'kept' } },
    ],
  },
};

test('a pod gets claims for its ephemeral volumes, and no others', () => {
  const { create, foreign } = planEphemeral(pod, () => undefined);
  assert.deepEqual([create.map(({ metadata }) => metadata.name), foreign], [['web-scratch'], []]);
  assert.deepEqual([create[0]?.metadata.labels, create[0]?.metadata.ownerReferences?.[0]?.uid], [{ a: 'b' }, 'web']);
  const other: PersistentVolumeClaim = { metadata: meta('web-scratch'), spec: {} };
  assert.deepEqual(
    planEphemeral(pod, () => other),
    { create: [], foreign: ['web-scratch'] },
  );
});
