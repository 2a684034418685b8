import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { problemText } from '@typernetes/machinery';
import { validateLimitRange } from './limit-range-validation.ts';
import { validateResourceQuota, validateResourceQuotaUpdate } from './resource-quota-validation.ts';
import type { LimitRangeItem, ResourceQuotaSpec } from './v1.gen.ts';

const metadata = { name: 'x', namespace: 'shop', uid: '1', resourceVersion: '1', creationTimestamp: '' };

describe('a limit range', () => {
  const cases: readonly { name: string; limits: LimitRangeItem[]; wants: readonly string[] }[] = [
    {
      name: 'in order',
      limits: [
        {
          type: 'Container',
          min: { cpu: '100m' },
          defaultRequest: { cpu: '200m' },
          default: { cpu: '1' },
          max: { cpu: '2' },
        },
      ],
      wants: [],
    },
    {
      name: 'with a type twice',
      limits: [
        { type: 'Pod', max: { cpu: '1' } },
        { type: 'Pod', max: { cpu: '1' } },
      ],
      wants: ['spec.limits[1].type: Duplicate value: "Pod"'],
    },
    {
      name: 'of an unknown type',
      limits: [{ type: 'Node' }],
      wants: ['spec.limits[0].type: Invalid value: "Node": must be a standard limit type or fully qualified'],
    },
    {
      name: 'with defaults for pods',
      limits: [{ type: 'Pod', default: { cpu: '1' }, defaultRequest: { cpu: '1' } }],
      wants: [
        "spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'",
        "spec.limits[0].defaultRequest: Forbidden: may not be specified when `type` is 'Pod'",
      ],
    },
    {
      name: 'of claims without storage',
      limits: [{ type: 'PersistentVolumeClaim' }],
      wants: [
        'spec.limits[0].limits: Required value: either minimum or maximum storage value is required, but neither was provided',
      ],
    },
    {
      name: 'upside down',
      limits: [
        {
          type: 'Container',
          min: { cpu: '3' },
          defaultRequest: { cpu: '2' },
          default: { cpu: '1' },
          max: { cpu: '500m' },
        },
      ],
      wants: [
        'spec.limits[0].min[cpu]: Invalid value: "3": min value 3 is greater than max value 500m',
        'spec.limits[0].defaultRequest[cpu]: Invalid value: "2": min value 3 is greater than default request value 2',
        'spec.limits[0].defaultRequest[cpu]: Invalid value: "2": default request value 2 is greater than max value 500m',
        'spec.limits[0].defaultRequest[cpu]: Invalid value: "2": default request value 2 is greater than default limit value 1',
        'spec.limits[0].default[cpu]: Invalid value: "3": min value 3 is greater than default value 1',
        'spec.limits[0].default[cpu]: Invalid value: "500m": default value 1 is greater than max value 500m',
      ],
    },
    {
      name: 'with a ratio below one and one that cannot be met',
      limits: [
        {
          type: 'Container',
          min: { memory: '1Gi' },
          max: { memory: '2Gi' },
          maxLimitRequestRatio: { cpu: '500m', memory: '3' },
        },
      ],
      wants: [
        'spec.limits[0].maxLimitRequestRatio[memory]: Invalid value: "3": ratio 3 is greater than max/min = 2.000000',
        'spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "500m": ratio 500m is less than 1',
      ],
    },
    {
      name: 'with a default of an extended resource that differs from its request',
      limits: [{ type: 'Container', default: { 'x.io/gpu': '2' }, defaultRequest: { 'x.io/gpu': '1' } }],
      wants: [
        'spec.limits[0].defaultRequest[x.io/gpu]: Invalid value: "1": default value 2 must equal to defaultRequest value 1 in x.io/gpu',
      ],
    },
  ];
  for (const { name, limits, wants } of cases) {
    test(name, () => assert.deepEqual(validateLimitRange({ metadata, spec: { limits } }).map(problemText), wants));
  }
});

describe('a quota', () => {
  const cases: readonly { name: string; spec: ResourceQuotaSpec; wants: readonly string[] }[] = [
    {
      name: 'of all valid resource names',
      spec: { hard: { pods: '3', 'requests.cpu': '1', 'count/jobs.batch': '2', 'requests.x.io/gpu': '1' } },
      wants: [],
    },
    {
      name: 'of huge pages',
      spec: { hard: { 'hugepages-2Mi': '1Gi', 'requests.hugepages-1Gi': '2Gi' } },
      wants: [],
    },
    {
      name: 'of huge pages in a scope',
      spec: { hard: { 'hugepages-2Mi': '1Gi' }, scopes: ['NotBestEffort'] },
      wants: ['spec.scopes: Invalid value: ["NotBestEffort"]: unsupported scope applied to resource'],
    },
    {
      name: 'of unknown resources and invalid quantities',
      spec: { hard: { pod: '1', pods: '1500m', cpu: '-1' } },
      wants: [
        'spec.hard[pod]: Invalid value: "pod": must be a standard resource type or fully qualified',
        'spec.hard[pod]: Invalid value: "pod": must be a standard resource for quota',
        'spec.hard[pods]: Invalid value: "1500m": must be an integer',
        'spec.hard[cpu]: Invalid value: "-1": must be greater than or equal to 0',
      ],
    },
    {
      name: 'with a scope that does not apply to the resource',
      spec: { hard: { services: '1' }, scopes: ['BestEffort'] },
      wants: ['spec.scopes: Invalid value: ["BestEffort"]: unsupported scope applied to resource'],
    },
    {
      name: 'with an unknown scope, which is told once',
      spec: { hard: { pods: '1' }, scopes: ['x'] },
      wants: ['spec.scopes: Invalid value: ["x"]: unsupported scope'],
    },
    {
      name: 'with scopes that exclude each other',
      spec: { hard: { pods: '1' }, scopes: ['Terminating', 'NotTerminating'] },
      wants: ['spec.scopes: Invalid value: ["Terminating","NotTerminating"]: conflicting scopes'],
    },
    {
      name: 'that selects priorities without naming one',
      spec: {
        hard: { pods: '1' },
        scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In' }] },
      },
      wants: [
        "spec.scopeSelector.matchExpressions.values: Required value: must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
      ],
    },
    {
      name: 'that selects best effort by value',
      spec: {
        hard: { pods: '1' },
        scopeSelector: { matchExpressions: [{ scopeName: 'BestEffort', operator: 'In', values: ['x'] }] },
      },
      wants: [
        'spec.scopeSelector.matchExpressions.operator: Invalid value: "In": must be \'Exists\' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity',
      ],
    },
  ];
  for (const { name, spec, wants } of cases) {
    test(name, () => assert.deepEqual(validateResourceQuota({ metadata, spec }).map(problemText), wants));
  }

  test('keeps its scopes', () => {
    const quota = (scopes: ResourceQuotaSpec['scopes']) => ({
      metadata,
      spec: { hard: { pods: '1' }, scopes: scopes ?? [] },
    });
    assert.deepEqual(validateResourceQuotaUpdate(quota(['BestEffort']), quota([])).map(problemText), [
      'spec.scopes: Invalid value: ["BestEffort"]: field is immutable',
    ]);
  });
});
