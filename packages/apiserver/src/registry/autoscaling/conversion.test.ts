import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HorizontalPodAutoscaler } from '@typernetes/api/autoscaling/v2';
import { fromV2, toV2 } from './conversion.ts';

const stored: HorizontalPodAutoscaler = {
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'h', namespace: 'default', uid: 'u', resourceVersion: '1', creationTimestamp: '' },
  spec: {
    scaleTargetRef: { kind: 'Deployment', name: 'web' },
    maxReplicas: 3,
    behavior: {
      scaleUp: {
        stabilizationWindowSeconds: 0,
        policies: [{ type: 'Pods', value: 4, periodSeconds: 15 }],
        tolerance: '50m',
      },
    },
  },
  status: {
    desiredReplicas: 2,
    currentReplicas: 1,
    currentMetrics: [
      { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 30, averageValue: '20m' } } },
      {
        type: 'External',
        external: { metric: { name: 'queue', selector: {} }, current: { value: '5', averageValue: '1' } },
      },
      {
        type: 'Object',
        object: {
          metric: { name: 'hits' },
          current: { value: '7' },
          describedObject: { kind: 'Service', name: 's', apiVersion: 'v1' },
        },
      },
      { type: 'Pods', pods: { metric: { name: 'load' }, current: { averageValue: '3' } } },
      {
        type: 'ContainerResource',
        containerResource: { name: 'memory', container: 'c', current: { averageValue: '1Gi' } },
      },
    ],
  },
};

test("autoscaling/v1 has current metrics and behavior in annotations, in upstream's format", () => {
  const { annotations = {} } = fromV2(stored).metadata;
  const prefix = 'autoscaling.alpha.kubernetes.io';
  assert.deepEqual(JSON.parse(annotations[`${prefix}/current-metrics`] ?? ''), [
    { type: 'Resource', resource: { name: 'cpu', currentAverageUtilization: 30, currentAverageValue: '20m' } },
    {
      type: 'External',
      external: { metricName: 'queue', metricSelector: {}, currentValue: '5', currentAverageValue: '1' },
    },
    {
      type: 'Object',
      object: {
        target: { kind: 'Service', name: 's', apiVersion: 'v1' },
        metricName: 'hits',
        currentValue: '7',
      },
    },
    { type: 'Pods', pods: { metricName: 'load', currentAverageValue: '3' } },
    { type: 'ContainerResource', containerResource: { name: 'memory', currentAverageValue: '1Gi', container: 'c' } },
  ]);
  assert.deepEqual(JSON.parse(annotations[`${prefix}/behavior`] ?? ''), {
    ScaleUp: {
      StabilizationWindowSeconds: 0,
      SelectPolicy: null,
      Policies: [{ Type: 'Pods', Value: 4, PeriodSeconds: 15 }],
    },
    ScaleDown: null,
  });
  assert.equal(annotations[`${prefix}/scale-up-tolerance`], '50m');
  assert.deepEqual(toV2(fromV2(stored)), stored);
});

test('reads a behavior regardless of the case of its names, as Go does', () => {
  const written = '{"scaleUp":{"selectPolicy":"Max"},"ScaleDown":{"policies":[{"type":"Pods","value":1}]}}';
  const { metadata, ...rest } = fromV2(stored);
  const annotations = { 'autoscaling.alpha.kubernetes.io/behavior': written };
  assert.deepEqual(toV2({ ...rest, metadata: { ...metadata, annotations } }).spec.behavior, {
    scaleUp: { selectPolicy: 'Max' },
    scaleDown: { policies: [{ type: 'Pods', value: 1, periodSeconds: 0 }] },
  });
});
