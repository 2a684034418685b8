import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { builtInResources } from './resources.ts';

const now = Date.parse('2026-01-03T00:00:00Z');
const metadata = { name: 'x', uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' };
const age = '2d';
const template = { spec: { containers: [{ name: 'web', image: 'nginx:1.27' }] } };

/** Objects without their metadata, and the cells after the name. */
const cases: readonly { of: string; name?: string; object: object; want: readonly unknown[] }[] = [
  {
    of: 'deployments',
    object: {
      spec: { replicas: 3, selector: { matchLabels: { app: 'web' } }, template },
      status: { readyReplicas: 2, updatedReplicas: 3, availableReplicas: 2 },
    },
    want: ['2/3', 3, 2, age, 'web', 'nginx:1.27', 'app=web'],
  },
  {
    of: 'replicasets',
    object: { spec: { replicas: 3, selector: { matchLabels: { app: 'web' } }, template }, status: { replicas: 2 } },
    want: [3, 2, 0, age, 'web', 'nginx:1.27', 'app=web'],
  },
  {
    of: 'daemonsets',
    object: {
      spec: { selector: { matchLabels: { a: 'b' } }, template },
      status: { desiredNumberScheduled: 2, currentNumberScheduled: 2, numberReady: 1, numberMisscheduled: 0 },
    },
    want: [2, 2, 1, 0, 0, '<none>', age, 'web', 'nginx:1.27', 'a=b'],
  },
  {
    of: 'statefulsets',
    object: { spec: { replicas: 2, template }, status: { readyReplicas: 1 } },
    want: ['1/2', age, 'web', 'nginx:1.27'],
  },
  {
    of: 'jobs',
    name: 'a job done in 90 seconds',
    object: {
      spec: { completions: 1, selector: { matchLabels: { a: 'b' } }, template },
      status: {
        succeeded: 1,
        startTime: '2026-01-01T00:00:00Z',
        completionTime: '2026-01-01T00:01:30Z',
        conditions: [{ type: 'Complete', status: 'True' }],
      },
    },
    want: ['Complete', '1/1', '90s', age, 'web', 'nginx:1.27', 'a=b'],
  },
  {
    of: 'cronjobs',
    object: { spec: { schedule: '*/5 * * * *', suspend: false, jobTemplate: { spec: { template } } } },
    want: ['*/5 * * * *', '<none>', 'False', 0, '<none>', age, 'web', 'nginx:1.27', '<none>'],
  },
  {
    of: 'services',
    name: 'a node port',
    object: {
      spec: {
        type: 'NodePort',
        clusterIPs: ['10.96.0.7'],
        ports: [
          { port: 80, nodePort: 30080, protocol: 'TCP' },
          { port: 53, protocol: 'UDP' },
        ],
        selector: { b: '2', a: '1' },
      },
    },
    want: ['NodePort', '10.96.0.7', '<none>', '80:30080/TCP,53/UDP', age, 'a=1,b=2'],
  },
  {
    of: 'services',
    name: 'a load balancer without an address',
    object: { spec: { type: 'LoadBalancer', clusterIPs: ['10.96.0.8'], ports: [{ port: 80, protocol: 'TCP' }] } },
    want: ['LoadBalancer', '10.96.0.8', '<pending>', '80/TCP', age, '<none>'],
  },
  {
    of: 'endpoints',
    object: {
      subsets: [{ addresses: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }], ports: [{ port: 80 }, { port: 81 }] }],
    },
    want: ['10.0.0.1:80,[fd00::1]:80,10.0.0.1:81 + 1 more...', age],
  },
  {
    of: 'endpointslices',
    object: { addressType: 'IPv4', ports: [{ port: 80 }, {}], endpoints: [{ addresses: ['10.0.0.1'] }] },
    want: ['IPv4', '80,*', '10.0.0.1', age],
  },
  {
    of: 'nodes',
    object: {
      metadata: { ...metadata, labels: { 'node-role.kubernetes.io/control-plane': '' } },
      spec: { unschedulable: true },
      status: {
        conditions: [{ type: 'Ready', status: 'True' }],
        addresses: [{ type: 'InternalIP', address: '192.168.1.2' }],
        nodeInfo: {
          kubeletVersion: 'v1.36.0',
          osImage: 'Debian',
          kernelVersion: '6.1',
          architecture: 'amd64',
          containerRuntimeVersion: 'containerd://2.0',
        },
      },
    },
    want: [
      'Ready,SchedulingDisabled',
      'control-plane',
      age,
      'v1.36.0',
      '192.168.1.2',
      '<none>',
      'Debian',
      '6.1 (amd64)',
      'containerd://2.0',
    ],
  },
  { of: 'namespaces', object: { status: { phase: 'Active' } }, want: ['Active', age] },
  { of: 'configmaps', object: { data: { a: '' }, binaryData: { b: '' } }, want: [2, age] },
  { of: 'secrets', object: { type: 'Opaque', data: { a: '' } }, want: ['Opaque', 1, age] },
  { of: 'leases', object: { spec: { holderIdentity: 'me' } }, want: ['me', age] },
  {
    of: 'certificatesigningrequests',
    object: {
      spec: { signerName: 's', username: 'u', expirationSeconds: 86400 },
      status: { certificate: 'x', conditions: [{ type: 'Approved', status: 'True' }] },
    },
    want: [age, 's', 'u', '24h', 'Approved,Issued'],
  },
  {
    of: 'rolebindings',
    object: {
      roleRef: { kind: 'Role', name: 'r' },
      subjects: [
        { kind: 'User', name: 'u' },
        { kind: 'ServiceAccount', namespace: 'n', name: 's' },
      ],
    },
    want: ['Role/r', age, 'u', '', 'n/s'],
  },
  { of: 'roles', object: {}, want: ['2026-01-01T00:00:00Z'] },
  {
    of: 'poddisruptionbudgets',
    object: { spec: { minAvailable: '50%' }, status: { disruptionsAllowed: 1 } },
    want: ['50%', 'N/A', 1, age],
  },
  {
    of: 'persistentvolumeclaims',
    object: {
      spec: { volumeName: 'v' },
      status: { phase: 'Bound', capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'] },
    },
    want: ['Bound', 'v', '1Gi', 'RWO', '', '<unset>', age, '<unset>'],
  },
  {
    of: 'ingresses',
    object: { spec: { rules: [{ host: 'a' }, { host: 'b' }, { host: 'c' }, { host: 'd' }], tls: [{}] } },
    want: ['<none>', 'a,b,c + 1 more...', '', '80, 443', age],
  },
  {
    of: 'resourcequotas',
    object: { status: { hard: { 'limits.cpu': '2', pods: '10' }, used: { 'limits.cpu': '1', pods: '3' } } },
    want: ['pods: 3/10', 'limits.cpu: 1/2', age],
  },
  {
    of: 'controllerrevisions',
    object: {
      metadata: {
        ...metadata,
        ownerReferences: [{ apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'd', uid: 'u', controller: true }],
      },
      revision: 2,
    },
    want: ['daemonset.apps/d', 2, age],
  },
  {
    of: 'horizontalpodautoscalers',
    object: {
      spec: {
        scaleTargetRef: { kind: 'Deployment', name: 'web' },
        minReplicas: 1,
        maxReplicas: 5,
        metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { averageUtilization: 80 } } }],
      },
      status: { currentReplicas: 2 },
    },
    want: ['Deployment/web', 'cpu: <unknown>/80%', '1', 5, 2, age],
  },
];

describe('rows', () => {
  for (const { of, name, object, want } of cases) {
    it(`${of}${name ? `: ${name}` : ''}`, () => {
      const resource = builtInResources.find(({ type }) => type.plural === of && type.group !== 'events.k8s.io');
      assert.ok(resource, `${of} is not served`);
      assert.deepEqual(resource.printer.cells({ metadata, ...object }, now), ['x', ...want]);
    });
  }

  it('events name what happened to what', () => {
    const resource = builtInResources.find(({ type }) => type.plural === 'events' && type.group === '');
    const event = {
      metadata,
      involvedObject: { kind: 'Pod', name: 'p', fieldPath: 'spec.containers{c}' },
      type: 'Warning',
      reason: 'BackOff',
      message: 'Back-off\n',
      source: { component: 'kubelet', host: 'n' },
      firstTimestamp: '2026-01-02T23:00:00Z',
      lastTimestamp: '2026-01-02T23:59:30Z',
      count: 4,
    };
    assert.deepEqual(resource?.printer.cells(event, now), [
      '30s',
      'Warning',
      'BackOff',
      'pod/p',
      'spec.containers{c}',
      'kubelet, n',
      'Back-off',
      '60m',
      4,
      'x',
    ]);
    const ofSeries = { ...event, series: { count: 2 } };
    const [unknown] = resource?.printer.cells(ofSeries, now) ?? [];
    assert.equal(unknown, '<unknown>', 'of a series only its own time counts');
  });
});
