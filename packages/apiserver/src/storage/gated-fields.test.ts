import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApiObject } from '@typernetes/machinery';
import { dropGatedFields } from './gated-fields.ts';

const trust = { clusterTrustBundle: { name: 'ca', path: 'ca.pem' } };
const certificate = { podCertificate: { signerName: 'example.com/s', keyType: 'ED25519' } };
const token = { serviceAccountToken: { path: 'token' } };
const withSources = (...sources: object[]) => ({ volumes: [{ name: 'v', projected: { sources } }, { name: 'w' }] });
const gated = {
  hostnameOverride: 'db',
  resources: { limits: { cpu: '1' } },
  schedulingGroup: { podGroupName: 'g' },
  containers: [
    {
      name: 'a',
      restartPolicy: 'Never',
      restartPolicyRules: [{ action: 'Restart' }],
      lifecycle: { stopSignal: 'SIGUSR1' },
      env: [{ name: 'A', valueFrom: { fileKeyRef: { volumeName: 'v', path: 'p', key: 'k' } } }],
    },
    { name: 'b', lifecycle: { stopSignal: 'SIGINT', preStop: { sleep: { seconds: 1 } } } },
  ],
  initContainers: [
    { name: 'c', restartPolicy: 'Always' },
    { name: 'd', restartPolicy: 'OnFailure' },
  ],
};
const bare = {
  containers: [
    { name: 'a', env: [{ name: 'A', valueFrom: {} }] },
    { name: 'b', lifecycle: { preStop: { sleep: { seconds: 1 } } } },
  ],
  initContainers: [{ name: 'c', restartPolicy: 'Always' }, { name: 'd' }],
};

/** The result of writing an object with the gates disabled, over another one or as a new one. */
function left(resource: string, next: object, current?: object, isOn = (_gate: string) => false): object {
  const [group = '', plural = ''] = resource.split('/');
  const [written, stored] = structuredClone([next, current]) as [ApiObject, ApiObject | undefined];
  const before = structuredClone(stored);
  dropGatedFields({ group, plural }, { next: written, current: stored }, isOn);
  assert.deepEqual(stored, before);
  return written;
}

test('drops fields of disabled gates from pods and templates; keeps those of enabled gates', () => {
  const pod = (spec: object) => ({ spec });
  const template = (spec: object) => ({ spec: { template: { spec } } });
  const layouts: [resource: string, around: (spec: object) => object][] = [
    ['/pods', pod],
    ['/podtemplates', (spec) => ({ template: { spec } })],
    ['/replicationcontrollers', template],
    ['apps/daemonsets', template],
    ['apps/deployments', template],
    ['apps/replicasets', template],
    ['apps/statefulsets', template],
    ['batch/jobs', template],
    ['batch/cronjobs', (spec) => ({ spec: { jobTemplate: template(spec) } })],
  ];
  for (const [resource, around] of layouts) {
    assert.deepEqual(left(resource, around(gated)), around(bare), resource);
    assert.deepEqual(
      left(resource, around(gated), undefined, () => true),
      around(gated),
      resource,
    );
  }
  assert.deepEqual(left('/pods', pod(withSources(trust, certificate, token))), pod(withSources({}, {}, token)));
  const open = (gate: string) => gate === 'PodCertificateRequest';
  assert.deepEqual(
    left('/pods', pod(withSources(trust, certificate)), undefined, open),
    pod(withSources({}, certificate)),
  );
});

test('keeps fields that are in use, gate by gate', () => {
  const stored = { spec: withSources(trust) };
  const next = { spec: { ...withSources(trust, certificate), hostnameOverride: 'db' } };
  assert.deepEqual(left('/pods', next, stored), { spec: withSources(trust, {}) });
  // If one container has a rule, all may have what the gate is for.
  const ruled = { spec: { containers: [{ name: 'a', restartPolicyRules: [{ action: 'Restart' }] }] } };
  const more = { spec: { containers: [{ name: 'a', restartPolicy: 'Never' }] } };
  assert.deepEqual(left('/pods', more, ruled), more);
  const sidecar = { spec: { initContainers: [{ name: 'c', restartPolicy: 'Always' }] } };
  assert.deepEqual(left('/pods', more, sidecar), { spec: { containers: [{ name: 'a' }] } });
});

test('fields that need two gates go with either', () => {
  const slice = { spec: { devices: [{ name: 'a', bindsToNode: true }] } };
  const closing = (closed: string) => (gate: string) => gate !== closed;
  const of = (closed: string) => left('resource.k8s.io/resourceslices', slice, undefined, closing(closed));
  const bare = { spec: { devices: [{ name: 'a' }] } };
  assert.deepEqual(['DRADeviceBindingConditions', 'DRAResourceClaimDeviceStatus', 'Other'].map(of), [
    bare,
    bare,
    slice,
  ]);
});

test('other resources have gated fields too', () => {
  const cases: [resource: string, next: object, left: object][] = [
    [
      '/pods',
      { status: { phase: 'Running', resources: {}, allocatedResources: {} } },
      { status: { phase: 'Running' } },
    ],
    [
      'apps/statefulsets',
      { spec: { updateStrategy: { rollingUpdate: { partition: 1, maxUnavailable: 2 } } } },
      { spec: { updateStrategy: { rollingUpdate: { partition: 1 } } } },
    ],
    [
      'autoscaling/horizontalpodautoscalers',
      { spec: { behavior: { scaleUp: { tolerance: '0.1', selectPolicy: 'Max' } } } },
      { spec: { behavior: { scaleUp: { selectPolicy: 'Max' } } } },
    ],
    [
      '/persistentvolumeclaims',
      { spec: { dataSourceRef: { kind: 'PersistentVolumeClaim', name: 'a', namespace: 'b' } } },
      { spec: {} },
    ],
    [
      '/persistentvolumeclaims',
      { spec: { dataSourceRef: { kind: 'PersistentVolumeClaim', name: 'a' } } },
      { spec: { dataSourceRef: { kind: 'PersistentVolumeClaim', name: 'a' } } },
    ],
    ['apps/deployments', { status: { replicas: 1, terminatingReplicas: 1 } }, { status: { replicas: 1 } }],
    ['apps/replicasets', { status: { replicas: 1, terminatingReplicas: 1 } }, { status: { replicas: 1 } }],
    ['resource.k8s.io/deviceclasses', { spec: { extendedResourceName: 'a.example/b' } }, { spec: {} }],
    [
      'resource.k8s.io/resourceclaims',
      {
        spec: {
          devices: {
            requests: [
              { name: 'a', exactly: { deviceClassName: 'c', tolerations: [{}], capacity: {} } },
              { name: 'b', firstAvailable: [{ name: 'x' }] },
              { name: 'c', deviceClassName: 'c', tolerations: [{}] },
            ],
            constraints: [{ distinctAttribute: 'a.example/b' }],
          },
        },
        status: {
          devices: [{ driver: 'd' }],
          allocation: { allocationTimestamp: 't', devices: { results: [{ pool: 'p', shareID: 's' }] } },
        },
      },
      {
        spec: {
          devices: {
            requests: [
              { name: 'a', exactly: { deviceClassName: 'c' } },
              { name: 'b' },
              { name: 'c', deviceClassName: 'c' },
            ],
            constraints: [{}],
          },
        },
        status: { allocation: { devices: { results: [{ pool: 'p' }] } } },
      },
    ],
    [
      'resource.k8s.io/resourceclaimtemplates',
      { spec: { spec: { devices: { requests: [{ name: 'b', firstAvailable: [{ name: 'x' }] }] } } } },
      { spec: { spec: { devices: { requests: [{ name: 'b' }] } } } },
    ],
    [
      'resource.k8s.io/resourceslices',
      {
        spec: {
          driver: 'd',
          perDeviceNodeSelection: true,
          devices: [
            { name: 'a', taints: [{}], bindsToNode: true, attributes: { x: { int: 1 }, y: { ints: [1] } } },
            { name: 'b', basic: { allNodes: true, capacity: { memory: { value: '1', requestPolicy: {} } } } },
          ],
        },
      },
      {
        spec: {
          driver: 'd',
          devices: [
            { name: 'a', attributes: { x: { int: 1 }, y: {} } },
            { name: 'b', basic: { capacity: { memory: { value: '1' } } } },
          ],
        },
      },
    ],
    [
      'scheduling.k8s.io/workloads',
      { spec: { podGroupTemplates: [{ name: 'a', priority: 1, resourceClaims: [{}] }] } },
      { spec: { podGroupTemplates: [{ name: 'a' }] } },
    ],
    ['/configmaps', { data: { resources: 'x' } }, { data: { resources: 'x' } }],
  ];
  for (const [resource, next, expected] of cases) assert.deepEqual(left(resource, next), expected, resource);
});
