import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type FieldProblem, problemText } from '@typernetes/machinery';
import { applyDefaults } from './defaults.ts';
import {
  validateClusterRoleBinding,
  validateConfigMap,
  validateConfigMapUpdate,
  validateCronJob,
  validateDaemonSet,
  validateDeployment,
  validateDeploymentUpdate,
  validateEndpointSlice,
  validateIngress,
  validateJob,
  validateJobUpdate,
  validateLease,
  validateNamespaceStatus,
  validateNetworkPolicy,
  validateNode,
  validatePersistentVolumeClaim,
  validatePodDisruptionBudget,
  validatePriorityClass,
  validateRole,
  validateSecret,
  validateSecretUpdate,
  validateService,
  validateServiceUpdate,
  validateStatefulSet,
  validateStatefulSetUpdate,
} from './validation.ts';

const template = (labels: object = { app: 'x' }, spec: object = {}) => ({
  metadata: { labels },
  spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
});
const selector = { matchLabels: { app: 'x' } };

interface Case {
  readonly name: string;
  /** Group, version and kind, to set the defaults. */
  readonly type: readonly [string, string, string];
  readonly check: (next: never, current: never) => FieldProblem[];
  readonly object: object;
  /** The old object, for updates. */
  readonly current?: object;
  readonly want: readonly string[];
}

const deployment = ['apps', 'v1', 'Deployment'] as const;
const service = ['', 'v1', 'Service'] as const;
const job = ['batch', 'v1', 'Job'] as const;
const rbac = 'rbac.authorization.k8s.io';

const cases: readonly Case[] = [
  {
    name: 'a deployment',
    type: deployment,
    check: validateDeployment,
    object: { spec: { selector, template: template() } },
    want: [],
  },
  {
    name: 'a deployment whose selector misses its pods',
    type: deployment,
    check: validateDeployment,
    object: { spec: { replicas: -1, selector, template: template({ app: 'y' }) } },
    want: [
      'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
      'spec.template.metadata.labels: Invalid value: {"app":"y"}: `selector` does not match template `labels`',
    ],
  },
  {
    name: 'a deployment whose rolling update cannot proceed',
    type: deployment,
    check: validateDeployment,
    object: {
      spec: {
        selector,
        template: template(),
        strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 0 } },
      },
    },
    want: ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0'],
  },
  {
    name: 'a deployment whose pods do not restart',
    type: deployment,
    check: validateDeployment,
    object: { spec: { selector, template: template({ app: 'x' }, { restartPolicy: 'Never' }) } },
    want: ['spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
  },
  {
    name: 'another selector for a deployment',
    type: deployment,
    check: validateDeploymentUpdate,
    object: { spec: { selector: { matchLabels: { app: 'y' } }, template: template({ app: 'y' }) } },
    current: { spec: { selector, template: template() } },
    want: ['spec.selector: Invalid value: {"matchLabels":{"app":"y"}}: field is immutable'],
  },
  {
    name: 'a daemon set with an empty selector',
    type: ['apps', 'v1', 'DaemonSet'],
    check: validateDaemonSet,
    object: { spec: { selector: {}, template: template() } },
    want: ['spec.selector: Invalid value: {}: empty selector is invalid for daemonset'],
  },
  {
    name: 'another service for a stateful set',
    type: ['apps', 'v1', 'StatefulSet'],
    check: validateStatefulSetUpdate,
    object: { spec: { serviceName: 'b', selector, template: template() } },
    current: { spec: { serviceName: 'a', selector, template: template() } },
    want: [
      "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    ],
  },
  {
    name: 'mounts of the claims of a stateful set, and of something else',
    type: ['apps', 'v1', 'StatefulSet'],
    check: validateStatefulSet,
    object: {
      spec: {
        serviceName: 'a',
        selector,
        volumeClaimTemplates: [
          {
            metadata: { name: 'data' },
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
          },
        ],
        template: template(
          { app: 'x' },
          {
            containers: [
              {
                name: 'c',
                image: 'i',
                volumeMounts: [
                  { name: 'data', mountPath: '/a' },
                  { name: 'other', mountPath: '/b' },
                ],
              },
            ],
          },
        ),
      },
    },
    want: ['spec.template.spec.containers[0].volumeMounts[1].name: Not found: "other"'],
  },
  {
    name: 'a job whose pods always restart',
    type: job,
    check: validateJob,
    object: { spec: { manualSelector: true, selector, template: template() } },
    want: ['spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'],
  },
  {
    name: 'more completions for a job',
    type: job,
    check: validateJobUpdate,
    object: {
      spec: {
        manualSelector: true,
        completions: 2,
        selector,
        template: template({ app: 'x' }, { restartPolicy: 'Never' }),
      },
    },
    current: {
      spec: {
        manualSelector: true,
        completions: 1,
        selector,
        template: template({ app: 'x' }, { restartPolicy: 'Never' }),
      },
    },
    want: ['spec.completions: Invalid value: 2: field is immutable'],
  },
  {
    name: 'a cron job with a short schedule',
    type: ['batch', 'v1', 'CronJob'],
    check: validateCronJob,
    object: {
      spec: {
        schedule: '* * *',
        timeZone: 'Mars/Olympus',
        jobTemplate: { spec: { template: template({}, { restartPolicy: 'Never' }) } },
      },
    },
    want: [
      'spec.schedule: Invalid value: "* * *": expected exactly 5 fields, found 3: [* * *]',
      'spec.timeZone: Invalid value: "Mars/Olympus": unknown time zone Mars/Olympus',
    ],
  },
  {
    name: 'a service without ports',
    type: service,
    check: validateService,
    object: { spec: {} },
    want: ['spec.ports: Required value'],
  },
  {
    name: 'a service with the same port twice',
    type: service,
    check: validateService,
    object: {
      spec: {
        ports: [
          { name: 'a', port: 80 },
          { name: 'b', port: 80 },
        ],
      },
    },
    want: [
      'spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}',
    ],
  },
  {
    name: 'another address for a service',
    type: service,
    check: validateServiceUpdate,
    object: { spec: { clusterIP: '10.0.0.2', clusterIPs: ['10.0.0.2'], ports: [{ port: 80 }] } },
    current: { spec: { clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1'], ports: [{ port: 80 }] } },
    want: ['spec.clusterIPs[0]: Invalid value: ["10.0.0.2"]: may not change once set'],
  },
  {
    name: 'a config map with a bad key and a duplicate key',
    type: ['', 'v1', 'ConfigMap'],
    check: validateConfigMap,
    object: { data: { '..': '', a: '' }, binaryData: { a: '' } },
    want: [
      `data[..]: Invalid value: "..": must not be '..'`,
      'data[a]: Invalid value: "a": duplicate of key present in binaryData',
    ],
  },
  {
    name: 'an immutable config map',
    type: ['', 'v1', 'ConfigMap'],
    check: validateConfigMapUpdate,
    object: { immutable: true, data: { a: '2' } },
    current: { immutable: true, data: { a: '1' } },
    want: ['data: Forbidden: field is immutable when `immutable` is set'],
  },
  {
    name: 'a TLS secret without its key',
    type: ['', 'v1', 'Secret'],
    check: validateSecret,
    object: { type: 'kubernetes.io/tls', data: { 'tls.crt': '' } },
    want: ['data[tls.key]: Required value'],
  },
  {
    name: 'another type for a secret',
    type: ['', 'v1', 'Secret'],
    check: validateSecretUpdate,
    object: { type: 'a/b' },
    current: {},
    want: ['type: Invalid value: "a/b": field is immutable'],
  },
  {
    name: 'a namespace that is terminating without deletion',
    type: ['', 'v1', 'Namespace'],
    check: validateNamespaceStatus,
    object: { status: { phase: 'Terminating' } },
    want: ['status.Phase: Invalid value: "Terminating": may only be \'Active\' if `deletionTimestamp` is empty'],
  },
  {
    name: 'a node with a duplicate taint',
    type: ['', 'v1', 'Node'],
    check: validateNode,
    object: {
      spec: {
        taints: [
          { key: 'a', effect: 'NoSchedule' },
          { key: 'a', effect: 'NoSchedule' },
        ],
      },
    },
    want: [
      'metadata.taints[1]: Duplicate value: {"key":"a","effect":"NoSchedule"}: taints must be unique by key and effect pair',
    ],
  },
  {
    name: 'a claim without a size',
    type: ['', 'v1', 'PersistentVolumeClaim'],
    check: validatePersistentVolumeClaim,
    object: { spec: {} },
    want: [
      'spec.accessModes: Required value: at least 1 access mode is required',
      'spec.resources[storage]: Required value',
    ],
  },
  {
    name: 'a role without verbs',
    type: [rbac, 'v1', 'Role'],
    check: validateRole,
    object: {
      rules: [
        { apiGroups: [''], resources: ['pods'] },
        { verbs: ['get'], nonResourceURLs: ['/x'] },
      ],
    },
    want: [
      'rules[0].verbs: Required value: verbs must contain at least one value',
      'rules[1].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs',
    ],
  },
  {
    name: 'a cluster role binding to a role',
    type: [rbac, 'v1', 'ClusterRoleBinding'],
    check: validateClusterRoleBinding,
    object: { roleRef: { kind: 'Role', name: 'r' }, subjects: [{ kind: 'ServiceAccount', name: 's' }] },
    want: [
      'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
      'subjects[0].namespace: Required value',
    ],
  },
  {
    name: 'a lease with zero duration',
    type: ['coordination.k8s.io', 'v1', 'Lease'],
    check: validateLease,
    object: { spec: { leaseDurationSeconds: 0 } },
    want: ['spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0'],
  },
  {
    name: 'a budget with both bounds',
    type: ['policy', 'v1', 'PodDisruptionBudget'],
    check: validatePodDisruptionBudget,
    object: { spec: { minAvailable: 1, maxUnavailable: 1 } },
    want: [
      'spec: Invalid value: {"MinAvailable":1,"Selector":null,"MaxUnavailable":1,"UnhealthyPodEvictionPolicy":null}: minAvailable and maxUnavailable cannot be both set',
    ],
  },
  {
    name: 'a priority reserved for the system',
    type: ['scheduling.k8s.io', 'v1', 'PriorityClass'],
    check: validatePriorityClass,
    object: { value: 2000000000 },
    want: ['value: Forbidden: maximum allowed value of a user defined priority is 1000000000'],
  },
  {
    name: 'an ingress path that is relative',
    type: ['networking.k8s.io', 'v1', 'Ingress'],
    check: validateIngress,
    object: {
      spec: {
        rules: [
          {
            http: {
              paths: [{ path: 'a', pathType: 'Prefix', backend: { service: { name: 's', port: { number: 80 } } } }],
            },
          },
        ],
      },
    },
    want: ['spec.rules[0].http.paths[0].path: Invalid value: "a": must be an absolute path'],
  },
  {
    name: 'a network policy with an empty peer',
    type: ['networking.k8s.io', 'v1', 'NetworkPolicy'],
    check: validateNetworkPolicy,
    object: { spec: { podSelector: {}, ingress: [{ from: [{}] }] } },
    want: ['spec.ingress[0].from[0]: Required value: must specify a peer'],
  },
  {
    name: 'an endpoint slice of the other family',
    type: ['discovery.k8s.io', 'v1', 'EndpointSlice'],
    check: validateEndpointSlice,
    object: { addressType: 'IPv4', endpoints: [{ addresses: ['fd00::1'] }, { addresses: ['127.0.0.1'] }] },
    want: [
      'endpoints[0].addresses[0]: Invalid value: "fd00::1": must be an IPv4 address',
      'endpoints[1].addresses[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
    ],
  },
];

describe('validation', () => {
  for (const { name, type, check, object, current, want } of cases) {
    it(name, () => {
      const [group, version, kind] = type;
      const defaulted = (given: object): never => {
        const copy = { metadata: { name: 'x' }, ...structuredClone(given) };
        applyDefaults({ group, version, kind }, copy);
        return copy as never;
      };
      const problems = check(defaulted(object), defaulted(current ?? {}));
      assert.deepEqual(problems.map(problemText), want);
    });
  }
});
