import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type ApiObject, formatQuantity } from '@typernetes/machinery';
import type { ResourceQuota } from '../core/v1.gen.ts';
import { quotaCounts, type Usage, usageUnder } from './evaluator.ts';
import { quotaEvaluatorOf } from './evaluators.ts';

const now = Date.parse('2026-01-01T00:01:00Z');
const text = (usage: Usage): Record<string, string> =>
  Object.fromEntries(Object.entries(usage).map(([name, amount]) => [name, formatQuantity(amount)]));
const usage = (resource: string, object: object): Record<string, string> =>
  text(quotaEvaluatorOf(resource)?.usage({ metadata: {}, ...object } as ApiObject, now) ?? {});
const container = (requests: object, limits: object = {}) => ({ name: 'c', resources: { requests, limits } });

it('counts the usage of objects', () => {
  const cases: [string, object, Record<string, string>][] = [
    ['configmaps', {}, { 'count/configmaps': '1', configmaps: '1' }],
    ['deployments.apps', {}, { 'count/deployments.apps': '1' }],
    [
      'pods',
      {
        spec: {
          containers: [
            container({ cpu: '1', memory: '1Gi', 'example.com/gpu': '2' }, { cpu: '2' }),
            container({ cpu: '500m' }),
          ],
          initContainers: [container({ cpu: '2', 'hugepages-2Mi': '4Mi' })],
        },
      },
      {
        'count/pods': '1',
        pods: '1',
        cpu: '2',
        'requests.cpu': '2',
        'limits.cpu': '2',
        memory: '1Gi',
        'requests.memory': '1Gi',
        'requests.example.com/gpu': '2',
        'hugepages-2Mi': '4Mi',
        'requests.hugepages-2Mi': '4Mi',
      },
    ],
    ['pods', { spec: { containers: [] }, status: { phase: 'Succeeded' } }, { 'count/pods': '1' }],
    [
      'pods',
      {
        metadata: { deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 30 },
        spec: { containers: [] },
      },
      { 'count/pods': '1' },
    ],
    [
      'services',
      { spec: { type: 'LoadBalancer', ports: [{ port: 1 }, { port: 2 }] } },
      { 'count/services': '1', services: '1', 'services.nodeports': '2', 'services.loadbalancers': '1' },
    ],
    [
      'services',
      { spec: { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false, ports: [{ port: 1 }] } },
      { 'count/services': '1', services: '1', 'services.nodeports': '0', 'services.loadbalancers': '1' },
    ],
    [
      'persistentvolumeclaims',
      { spec: { storageClassName: 'gold', resources: { requests: { storage: '1.5' } } } },
      {
        persistentvolumeclaims: '1',
        'count/persistentvolumeclaims': '1',
        'gold.storageclass.storage.k8s.io/persistentvolumeclaims': '1',
        'requests.storage': '2',
        'gold.storageclass.storage.k8s.io/requests.storage': '2',
      },
    ],
    [
      'resourceclaims.resource.k8s.io',
      {
        spec: {
          devices: {
            requests: [
              { name: 'a', exactly: { deviceClassName: 'gpu', allocationMode: 'ExactCount', count: 2 } },
              {
                name: 'b',
                firstAvailable: [
                  { name: 'x', deviceClassName: 'gpu', allocationMode: 'ExactCount', count: 1 },
                  { name: 'y', deviceClassName: 'gpu', allocationMode: 'ExactCount', count: 3 },
                ],
              },
            ],
          },
        },
      },
      { 'count/resourceclaims.resource.k8s.io': '1', 'gpu.deviceclass.resource.k8s.io/devices': '5' },
    ],
  ];
  for (const [resource, object, want] of cases) assert.deepEqual(usage(resource, object), want);
  assert.equal(quotaEvaluatorOf('events'), undefined);
});

it('scopes restrict which objects count', () => {
  const pod = (spec: object) =>
    ({ metadata: {}, spec: { containers: [container({})], ...spec } }) as unknown as ApiObject;
  const quota = (spec: object) => ({ metadata: { name: 'q' }, spec }) as ResourceQuota;
  const high = {
    scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['high'] }] },
  };
  const cases: [object, object, boolean][] = [
    [{}, {}, true],
    [{ scopes: ['Terminating'] }, { activeDeadlineSeconds: 5 }, true],
    [{ scopes: ['NotTerminating', 'NotBestEffort'] }, {}, false],
    [{ scopes: ['BestEffort'] }, {}, true],
    [high, { priorityClassName: 'high' }, true],
    [high, {}, false],
    [
      { scopes: ['CrossNamespacePodAffinity'] },
      { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ namespaces: ['x'] }] } } },
      true,
    ],
  ];
  const by = quotaEvaluatorOf('pods')!;
  for (const [spec, of, want] of cases)
    assert.equal(quotaCounts(quota(spec), pod(of), { names: ['pods'], by }), want, JSON.stringify([spec, of]));
  assert.equal(quotaCounts(quota({}), pod({}), { names: ['secrets'], by }), false);
  const total = usageUnder(
    quota({ hard: { pods: '5', secrets: '1' }, ...high }),
    [pod({}), pod({ priorityClassName: 'high' })],
    { by, now },
  );
  assert.deepEqual(text(total), { pods: '1' });
});

it('requires containers to set cpu and memory under a quota', () => {
  const by = quotaEvaluatorOf('pods')!;
  const pod = {
    metadata: {},
    spec: { containers: [{ name: 'b' }, container({ cpu: '1' })], initContainers: [{ name: 'a' }] },
  };
  const missing = (names: string[]): string | undefined => by.missing?.(names, pod as unknown as ApiObject);
  assert.equal(
    missing(['pods', 'requests.cpu', 'limits.memory']),
    'must specify limits.memory for: a,b,c; requests.cpu for: a,b',
  );
  assert.equal(missing(['pods', 'ephemeral-storage']), undefined);
});
