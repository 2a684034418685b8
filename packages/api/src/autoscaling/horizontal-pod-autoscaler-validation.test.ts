import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { problemText } from '@typernetes/machinery';
import {
  validateHorizontalPodAutoscaler,
  validateHorizontalPodAutoscalerUpdate,
} from './horizontal-pod-autoscaler-validation.ts';
import type { HorizontalPodAutoscalerSpec } from './v2.gen.ts';

const metadata = { name: 'web', namespace: 'shop', uid: '1', resourceVersion: '1', creationTimestamp: '' };
const spec: HorizontalPodAutoscalerSpec = {
  scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
  minReplicas: 1,
  maxReplicas: 3,
  metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }],
};

describe('an autoscaler', () => {
  const cases: readonly { name: string; change: Partial<HorizontalPodAutoscalerSpec>; wants: readonly string[] }[] = [
    { name: 'complete', change: {}, wants: [] },
    {
      name: 'without replicas',
      change: { minReplicas: 0, maxReplicas: 0 },
      wants: [
        'spec.minReplicas: Invalid value: 0: must be greater than or equal to 1',
        'spec.maxReplicas: Required value: must be set and greater than 0',
        'spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to zero replicas',
      ],
    },
    {
      name: 'with a minimum above the maximum',
      change: { minReplicas: 4 },
      wants: ['spec.maxReplicas: Invalid value: 3: must be greater than or equal to `minReplicas`'],
    },
    {
      name: 'with a target without a group',
      change: { scaleTargetRef: { apiVersion: 'v1', kind: 'Pod', name: '' } },
      wants: [
        'spec.scaleTargetRef.name: Required value',
        'spec.scaleTargetRef.apiVersion: Invalid value: "v1": apiVersion must specify API group',
      ],
    },
    {
      name: 'with a metric without a source',
      change: { metrics: [{ type: 'Pods' }, { type: '' }, { type: 'X' }] },
      wants: [
        'spec.metrics[0].pods: Required value: must populate information for the given metric source',
        'spec.metrics[1].type: Required value: must specify a metric source type',
        'spec.metrics[1].type: Unsupported value: "": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"',
        'spec.metrics[2].type: Unsupported value: "X": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"',
      ],
    },
    {
      name: 'with a metric without a target',
      change: {
        metrics: [
          {
            type: 'Resource',
            resource: { name: '', target: { type: 'Some', averageUtilization: 0, averageValue: '0' } },
          },
        ],
      },
      wants: [
        'spec.metrics[0].resource.name: Required value: must specify a resource name',
        'spec.metrics[0].resource.target.type: Invalid value: "Some": must be either Utilization, Value, or AverageValue',
        'spec.metrics[0].resource.target.averageValue: Invalid value: "0": must be positive',
        'spec.metrics[0].resource.target.averageUtilization: Invalid value: 0: must be greater than 0',
        'spec.metrics[0].resource.target.averageValue: Forbidden: may not set both a target raw value and a target utilization',
      ],
    },
    {
      name: 'with invalid behavior',
      change: {
        behavior: {
          scaleUp: { stabilizationWindowSeconds: 3601, selectPolicy: 'Any', policies: [] },
          scaleDown: { policies: [{ type: 'Nodes', value: 0, periodSeconds: 1801 }] },
        },
      },
      wants: [
        'spec.behavior.scaleUp.stabilizationWindowSeconds: Invalid value: 3601: must be less than or equal to 3600',
        'spec.behavior.scaleUp.selectPolicy: Unsupported value: "Any": supported values: "Disabled", "Max", "Min"',
        'spec.behavior.scaleUp.policies: Required value: must specify at least one Policy',
        'spec.behavior.scaleDown.policies[0].type: Unsupported value: "Nodes": supported values: "Percent", "Pods"',
        'spec.behavior.scaleDown.policies[0].value: Invalid value: 0: must be greater than zero',
        'spec.behavior.scaleDown.policies[0].periodSeconds: Invalid value: 1801: must be less than or equal to 1800',
      ],
    },
  ];
  for (const { name, change, wants } of cases) {
    test(name, () => {
      const problems = validateHorizontalPodAutoscaler({ metadata, spec: { ...spec, ...change } });
      assert.deepEqual(problems.map(problemText), wants);
    });
  }
});

test('an invalid API version may stay but not be introduced', () => {
  const of = (apiVersion: string, objectVersion: string, kind = 'Pod') => ({
    metadata,
    spec: {
      ...spec,
      scaleTargetRef: { apiVersion, kind, name: 'web' },
      metrics: [
        {
          type: 'Object',
          object: {
            describedObject: { apiVersion: objectVersion, kind: 'Service', name: 'web' },
            metric: { name: 'hits' },
            target: { type: 'Value', value: '1' },
          },
        },
      ],
    },
  });
  const wrong = of('v1', 'a/b/c');
  const problems = [
    'spec.scaleTargetRef.apiVersion: Invalid value: "v1": apiVersion must specify API group',
    'spec.metrics[0].object.describedObject.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c',
  ];
  assert.deepEqual(validateHorizontalPodAutoscaler(wrong).map(problemText), problems);
  assert.deepEqual(validateHorizontalPodAutoscalerUpdate(wrong, wrong), []);
  assert.deepEqual(validateHorizontalPodAutoscalerUpdate(wrong, of('apps/v1', 'v1')).map(problemText), problems);
  assert.deepEqual(validateHorizontalPodAutoscaler(of('v1', 'v1', 'ReplicationController')), []);
  assert.deepEqual(validateHorizontalPodAutoscaler(of('/v1', 'v1')).map(problemText), [
    'spec.scaleTargetRef.apiVersion: Invalid value: "/v1": apiVersion must specify API group',
  ]);
});

test('minReplicas 0 needs the gate, or an old value of 0, and a metric that works without pods', () => {
  const external = { metric: { name: 'queue' }, target: { type: 'Value', value: '1' } } as const;
  const autoscaler = (minReplicas: number) => ({
    metadata,
    spec: { ...spec, minReplicas, metrics: [{ type: 'External' as const, external }] },
  });
  const [none, one] = [autoscaler(0), autoscaler(1)];
  const refused = ['spec.minReplicas: Invalid value: 0: must be greater than or equal to 1'];
  assert.deepEqual(validateHorizontalPodAutoscaler(none).map(problemText), refused);
  assert.deepEqual(validateHorizontalPodAutoscaler(none, { toZero: true }), []);
  assert.deepEqual(validateHorizontalPodAutoscalerUpdate(none, one).map(problemText), refused);
  assert.deepEqual(validateHorizontalPodAutoscalerUpdate(none, none), []);
  assert.deepEqual(validateHorizontalPodAutoscalerUpdate(none, one, { toZero: true }), []);
});
