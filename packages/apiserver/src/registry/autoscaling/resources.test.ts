import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HorizontalPodAutoscaler } from '@typernetes/api/autoscaling/v1';
import { autoscalingResources } from './resources.ts';

test('a v1 autoscaler without a target gets the default of the stored version', () => {
  const served = autoscalingResources.find(({ type }) => type.version === 'v1');
  const stored = served?.storage?.storedAs as unknown as {
    toStored(object: HorizontalPodAutoscaler): unknown;
    fromStored(object: unknown): HorizontalPodAutoscaler;
  };
  const targetOf = (spec: Partial<HorizontalPodAutoscaler['spec']>): number | undefined => {
    const scaleTargetRef = { kind: 'Deployment', name: 'web', apiVersion: 'apps/v1' };
    const metadata = { name: 'a', namespace: 'shop', uid: '1', resourceVersion: '1', creationTimestamp: '' };
    const autoscaler = { metadata, spec: { scaleTargetRef, maxReplicas: 3, ...spec } };
    return stored.fromStored(stored.toStored(autoscaler)).spec.targetCPUUtilizationPercentage;
  };
  assert.equal(targetOf({}), 80);
  assert.equal(targetOf({ targetCPUUtilizationPercentage: 50 }), 50);
});
