import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { applyDefaults } from './defaults.ts';

/** The defaulted spec of a pod with one container named c and image i. */
const podSpec = (image = 'nginx:1.27') => ({
  dnsPolicy: 'ClusterFirst',
  restartPolicy: 'Always',
  securityContext: {},
  terminationGracePeriodSeconds: 30,
  schedulerName: 'default-scheduler',
  containers: [
    {
      name: 'c',
      image,
      imagePullPolicy: 'IfNotPresent',
      terminationMessagePath: '/dev/termination-log',
      terminationMessagePolicy: 'File',
      resources: {},
    },
  ],
});
const bare = () => ({ spec: { containers: [{ name: 'c', image: 'nginx:1.27' }] } });

const cases: readonly { name: string; type: [string, string, string]; given: object; want: object }[] = [
  {
    name: 'an older autoscaler that measures nothing',
    type: ['autoscaling', 'v1', 'HorizontalPodAutoscaler'],
    given: { metadata: {}, spec: { maxReplicas: 3 } },
    want: { metadata: {}, spec: { maxReplicas: 3, minReplicas: 1, targetCPUUtilizationPercentage: 80 } },
  },
  {
    name: 'an older autoscaler that measures something that it cannot express',
    type: ['autoscaling', 'v1', 'HorizontalPodAutoscaler'],
    given: {
      metadata: { annotations: { 'autoscaling.alpha.kubernetes.io/metrics': '[{"type":"Pods"}]' } },
      spec: { maxReplicas: 3 },
    },
    want: {
      metadata: { annotations: { 'autoscaling.alpha.kubernetes.io/metrics': '[{"type":"Pods"}]' } },
      spec: { maxReplicas: 3, minReplicas: 1 },
    },
  },
  {
    name: 'a pod',
    type: ['', 'v1', 'Pod'],
    given: { metadata: {}, ...bare() },
    want: { metadata: {}, spec: { enableServiceLinks: true, ...podSpec() } },
  },
  {
    name: 'a deployment: its template gets no service links',
    type: ['apps', 'v1', 'Deployment'],
    given: { metadata: {}, spec: { template: bare() } },
    want: {
      metadata: {},
      spec: {
        replicas: 1,
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
        revisionHistoryLimit: 10,
        progressDeadlineSeconds: 600,
        template: { spec: podSpec() },
      },
    },
  },
  {
    name: 'explicit zeros and empty lists stay',
    type: ['apps', 'v1', 'Deployment'],
    given: {
      metadata: {},
      spec: { replicas: 0, revisionHistoryLimit: 0, strategy: { type: 'Recreate' }, template: bare() },
    },
    want: {
      metadata: {},
      spec: {
        replicas: 0,
        revisionHistoryLimit: 0,
        strategy: { type: 'Recreate' },
        progressDeadlineSeconds: 600,
        template: { spec: podSpec() },
      },
    },
  },
  {
    name: 'a stateful set with claims',
    type: ['apps', 'v1', 'StatefulSet'],
    given: { metadata: {}, spec: { template: bare(), volumeClaimTemplates: [{ metadata: { name: 'data' } }] } },
    want: {
      metadata: {},
      spec: {
        replicas: 1,
        podManagementPolicy: 'OrderedReady',
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
        persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
        revisionHistoryLimit: 10,
        template: { spec: podSpec() },
        volumeClaimTemplates: [
          {
            kind: 'PersistentVolumeClaim',
            apiVersion: 'v1',
            metadata: { name: 'data' },
            spec: { volumeMode: 'Filesystem', resources: {} },
            status: { phase: 'Pending' },
          },
        ],
      },
    },
  },
  {
    name: 'a node whose podCIDR differs from the first of podCIDRs',
    type: ['', 'v1', 'Node'],
    given: { metadata: {}, spec: { podCIDR: '10.1.0.0/24', podCIDRs: ['10.2.0.0/24', 'fd00::/64'] } },
    want: { metadata: {}, spec: { podCIDR: '10.1.0.0/24', podCIDRs: ['10.1.0.0/24'] } },
  },
  {
    name: 'a node with ranges',
    type: ['', 'v1', 'Node'],
    given: { metadata: {}, spec: { podCIDRs: ['10.2.0.0/24', 'fd00::/64'] } },
    want: { metadata: {}, spec: { podCIDR: '10.2.0.0/24', podCIDRs: ['10.2.0.0/24', 'fd00::/64'] } },
  },
  {
    name: 'a daemon set',
    type: ['apps', 'v1', 'DaemonSet'],
    given: { metadata: {}, spec: { template: bare() } },
    want: {
      metadata: {},
      spec: {
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
        revisionHistoryLimit: 10,
        template: { spec: podSpec() },
      },
    },
  },
  {
    name: 'a job takes the labels of its pods',
    type: ['batch', 'v1', 'Job'],
    given: { metadata: {}, spec: { template: { metadata: { labels: { app: 'x' } }, ...bare() } } },
    want: {
      metadata: { labels: { app: 'x' } },
      spec: {
        completions: 1,
        parallelism: 1,
        backoffLimit: 6,
        completionMode: 'NonIndexed',
        suspend: false,
        manualSelector: false,
        podReplacementPolicy: 'TerminatingOrFailed',
        template: { metadata: { labels: { app: 'x' } }, spec: podSpec() },
      },
    },
  },
  {
    name: 'a work queue job has parallelism and no completions',
    type: ['batch', 'v1', 'Job'],
    given: { metadata: {}, spec: { parallelism: 3, backoffLimitPerIndex: 1, podFailurePolicy: { rules: [] } } },
    want: {
      metadata: {},
      spec: {
        parallelism: 3,
        backoffLimitPerIndex: 1,
        backoffLimit: 2147483647,
        completionMode: 'NonIndexed',
        suspend: false,
        manualSelector: false,
        podFailurePolicy: { rules: [] },
        podReplacementPolicy: 'Failed',
        template: { spec: { ...podSpec(), containers: undefined } },
      },
    },
  },
  {
    name: 'a service',
    type: ['', 'v1', 'Service'],
    given: { metadata: {}, spec: { ports: [{ port: 80 }, { port: 53, protocol: 'UDP', targetPort: 'dns' }] } },
    want: {
      metadata: {},
      spec: {
        type: 'ClusterIP',
        sessionAffinity: 'None',
        internalTrafficPolicy: 'Cluster',
        ports: [
          { port: 80, protocol: 'TCP', targetPort: 80 },
          { port: 53, protocol: 'UDP', targetPort: 'dns' },
        ],
      },
    },
  },
  {
    name: 'a load balancer with client affinity',
    type: ['', 'v1', 'Service'],
    given: { metadata: {}, spec: { type: 'LoadBalancer', sessionAffinity: 'ClientIP' } },
    want: {
      metadata: {},
      spec: {
        type: 'LoadBalancer',
        sessionAffinity: 'ClientIP',
        sessionAffinityConfig: { clientIP: { timeoutSeconds: 10800 } },
        externalTrafficPolicy: 'Cluster',
        internalTrafficPolicy: 'Cluster',
        allocateLoadBalancerNodePorts: true,
      },
    },
  },
  {
    name: 'an external name has no traffic policies',
    type: ['', 'v1', 'Service'],
    given: { metadata: {}, spec: { type: 'ExternalName', externalName: 'x.example' } },
    want: { metadata: {}, spec: { type: 'ExternalName', externalName: 'x.example', sessionAffinity: 'None' } },
  },
  {
    name: 'a namespace has its name as a label, whatever was sent',
    type: ['', 'v1', 'Namespace'],
    given: { metadata: { name: 'a', labels: { 'kubernetes.io/metadata.name': 'b' } } },
    want: {
      metadata: { name: 'a', labels: { 'kubernetes.io/metadata.name': 'a' } },
      spec: {},
      status: { phase: 'Active' },
    },
  },
  {
    name: 'a limit range for containers fills defaults from max and min',
    type: ['', 'v1', 'LimitRange'],
    given: { spec: { limits: [{ type: 'Container', max: { cpu: '2' }, min: { memory: '1Mi' } }, { type: 'Pod' }] } },
    want: {
      spec: {
        limits: [
          {
            type: 'Container',
            max: { cpu: '2' },
            min: { memory: '1Mi' },
            default: { cpu: '2' },
            defaultRequest: { cpu: '2', memory: '1Mi' },
          },
          { type: 'Pod' },
        ],
      },
    },
  },
  {
    name: 'a quota: amounts finer than thousandths are rounded up',
    type: ['', 'v1', 'ResourceQuota'],
    given: { spec: { hard: { 'requests.cpu': '100u' } }, status: { used: { 'requests.cpu': '100500u' } } },
    want: { spec: { hard: { 'requests.cpu': '1m' } }, status: { used: { 'requests.cpu': '101m' } } },
  },
  {
    name: 'limits for other types than containers are rounded and get no defaults',
    type: ['', 'v1', 'LimitRange'],
    given: { spec: { limits: [{ type: 'Pod', max: { cpu: '1n' } }] } },
    want: { spec: { limits: [{ type: 'Pod', max: { cpu: '1m' } }] } },
  },
  {
    name: 'a network policy',
    type: ['networking.k8s.io', 'v1', 'NetworkPolicy'],
    given: { spec: { podSelector: {}, egress: [{ ports: [{ port: 53 }] }] } },
    want: {
      spec: {
        podSelector: {},
        policyTypes: ['Ingress', 'Egress'],
        egress: [{ ports: [{ port: 53, protocol: 'TCP' }] }],
      },
    },
  },
  {
    name: 'a role binding',
    type: ['rbac.authorization.k8s.io', 'v1', 'RoleBinding'],
    given: {
      roleRef: { kind: 'Role', name: 'r' },
      subjects: [
        { kind: 'User', name: 'u' },
        { kind: 'ServiceAccount', name: 's' },
      ],
    },
    want: {
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' },
      subjects: [
        { kind: 'User', name: 'u', apiGroup: 'rbac.authorization.k8s.io' },
        { kind: 'ServiceAccount', name: 's' },
      ],
    },
  },
  {
    name: 'an autoscaler with part of a behavior',
    type: ['autoscaling', 'v2', 'HorizontalPodAutoscaler'],
    given: { spec: { maxReplicas: 3, behavior: { scaleDown: { stabilizationWindowSeconds: 60 } } } },
    want: {
      spec: {
        minReplicas: 1,
        maxReplicas: 3,
        metrics: [
          { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
        ],
        behavior: {
          scaleUp: {
            stabilizationWindowSeconds: 0,
            selectPolicy: 'Max',
            policies: [
              { type: 'Pods', value: 4, periodSeconds: 15 },
              { type: 'Percent', value: 100, periodSeconds: 15 },
            ],
          },
          scaleDown: {
            stabilizationWindowSeconds: 60,
            selectPolicy: 'Max',
            policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
          },
        },
      },
    },
  },
  {
    name: 'a kind without defaults',
    type: ['coordination.k8s.io', 'v1', 'Lease'],
    given: { metadata: {}, spec: {} },
    want: { metadata: {}, spec: {} },
  },
];

describe('applyDefaults', () => {
  for (const { name, type, given, want } of cases) {
    it(name, () => {
      const [group, version, kind] = type;
      const object = structuredClone(given);
      applyDefaults({ group, version, kind }, object);
      assert.deepEqual(plain(object), plain(want));
      applyDefaults({ group, version, kind }, object);
      assert.deepEqual(plain(object), plain(want), 'defaulting twice changed the object');
    });
  }
});

/** Without undefined members, as in JSON. */
const plain = (value: object): unknown => JSON.parse(JSON.stringify(value));
