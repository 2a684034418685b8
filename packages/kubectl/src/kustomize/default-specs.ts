import type { Configuration, FieldSpec, KindPattern, NameReference } from './field-spec.ts';

const at = (path: string, of: KindPattern = {}): FieldSpec => ({ path, ...of });
const made = (path: string, of: KindPattern = {}): FieldSpec => ({ path, ...of, create: true });
const kinds = (...names: string[]): KindPattern[] => names.map((kind) => ({ kind }));
const apps = (kind: string): KindPattern => ({ group: 'apps', kind });

/** Metadata of templates, in upstream's list: StatefulSets are of a group for labels, of any for annotations. */
const inTemplates = (what: 'labels' | 'annotations'): FieldSpec[] => {
  const batch = (kind: string): KindPattern => ({ group: 'batch', kind });
  return [
    made(`metadata/${what}`),
    made(`spec/template/metadata/${what}`, { version: 'v1', kind: 'ReplicationController' }),
    ...kinds('Deployment', 'ReplicaSet', 'DaemonSet').map((kind) => made(`spec/template/metadata/${what}`, kind)),
    made(`spec/template/metadata/${what}`, what === 'labels' ? apps('StatefulSet') : { kind: 'StatefulSet' }),
    ...(what === 'labels' ? [made('spec/volumeClaimTemplates[]/metadata/labels', apps('StatefulSet'))] : []),
    made(`spec/template/metadata/${what}`, batch('Job')),
    made(`spec/jobTemplate/metadata/${what}`, batch('CronJob')),
    made(`spec/jobTemplate/spec/template/metadata/${what}`, batch('CronJob')),
  ];
};

/** Where pods say what other pods they mind. */
const podTerms = (of: KindPattern): FieldSpec[] =>
  [
    ...['podAffinity', 'podAntiAffinity'].flatMap((kind) => [
      `affinity/${kind}/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm`,
      `affinity/${kind}/requiredDuringSchedulingIgnoredDuringExecution`,
    ]),
    'topologySpreadConstraints',
  ].map((path) => at(`spec/template/spec/${path}/labelSelector/matchLabels`, of));

const selectors: FieldSpec[] = [
  made('spec/selector', { version: 'v1', kind: 'Service' }),
  made('spec/selector', { version: 'v1', kind: 'ReplicationController' }),
  made('spec/selector/matchLabels', { kind: 'Deployment' }),
  ...podTerms(apps('Deployment')),
  ...kinds('ReplicaSet', 'DaemonSet').map((kind) => made('spec/selector/matchLabels', kind)),
  made('spec/selector/matchLabels', apps('StatefulSet')),
  ...podTerms(apps('StatefulSet')),
  at('spec/selector/matchLabels', { group: 'batch', kind: 'Job' }),
  at('spec/jobTemplate/spec/selector/matchLabels', { group: 'batch', kind: 'CronJob' }),
  at('spec/selector/matchLabels', { group: 'policy', kind: 'PodDisruptionBudget' }),
  ...['spec/podSelector', 'spec/ingress/from/podSelector', 'spec/egress/to/podSelector'].map((path) =>
    at(`${path}/matchLabels`, { group: 'networking.k8s.io', kind: 'NetworkPolicy' }),
  ),
];

/** Where kinds have a pod's spec. */
const podSpecs: Readonly<Record<string, string>> = {
  Pod: 'spec',
  PodTemplate: 'template/spec',
  Deployment: 'spec/template/spec',
  ReplicaSet: 'spec/template/spec',
  DaemonSet: 'spec/template/spec',
  StatefulSet: 'spec/template/spec',
  Job: 'spec/template/spec',
  CronJob: 'spec/jobTemplate/spec/template/spec',
};
const inPods = (...paths: string[]): FieldSpec[] =>
  Object.entries(podSpecs).flatMap(([kind, spec]) =>
    paths.map((path) => at(`${spec}/${path}`, kind === 'Pod' ? { kind, version: 'v1' } : { kind })),
  );

/** Kinds whose pods' accounts, claims and classes upstream follows: fewer, and others, than for what pods mount. */
const fewPodSpecs: Readonly<Record<string, string>> = {
  Pod: 'spec',
  StatefulSet: 'spec/template/spec',
  Deployment: 'spec/template/spec',
  ReplicationController: 'spec/template/spec',
  CronJob: 'spec/jobTemplate/spec/template/spec',
  Job: 'spec/template/spec',
  DaemonSet: 'spec/template/spec',
};
const inFewPods = (path: string): FieldSpec[] =>
  Object.entries(fewPodSpecs).map(([kind, spec]) => at(`${spec}/${path}`, { kind }));

const containers = ['containers', 'initContainers'];
const mounted = (kind: 'configMap' | 'secret'): string[] => [
  kind === 'secret' ? 'volumes/secret/secretName' : 'volumes/configMap/name',
  ...containers.map((list) => `${list}/env/valueFrom/${kind}KeyRef/name`),
  ...containers.map((list) => `${list}/envFrom/${kind}Ref/name`),
  `volumes/projected/sources/${kind}/name`,
];
const rbac = (kind: string): KindPattern => ({ group: 'rbac.authorization.k8s.io', kind });
const bindings = [rbac('RoleBinding'), rbac('ClusterRoleBinding')];
const named = kinds('Role', 'ClusterRole').map((kind) => at('rules/resourceNames', kind));
const inIngresses = (...paths: string[]): FieldSpec[] => paths.map((path) => at(path, { kind: 'Ingress' }));

const nameReference: NameReference[] = [
  ...kinds('Deployment', 'ReplicationController', 'ReplicaSet', 'StatefulSet').map((kind) => ({
    ...kind,
    fieldSpecs: [at('spec/scaleTargetRef/name', { kind: 'HorizontalPodAutoscaler' })],
  })),
  {
    kind: 'ConfigMap',
    version: 'v1',
    fieldSpecs: [
      ...inPods(...mounted('configMap')),
      at('spec/configSource/configMap', { kind: 'Node' }),
      ...named,
      ...inIngresses('metadata/annotations/nginx.ingress.kubernetes.io\\/fastcgi-params-configmap'),
    ],
  },
  {
    kind: 'Secret',
    version: 'v1',
    fieldSpecs: [
      ...inPods(...mounted('secret'), 'imagePullSecrets/name'),
      ...inIngresses(
        'spec/tls/secretName',
        'metadata/annotations/ingress.kubernetes.io\\/auth-secret',
        'metadata/annotations/nginx.ingress.kubernetes.io\\/auth-secret',
        'metadata/annotations/nginx.ingress.kubernetes.io\\/auth-tls-secret',
      ),
      at('imagePullSecrets/name', { kind: 'ServiceAccount' }),
      ...['secretName', 'adminSecretName', 'userSecretName', 'secretRef'].map((name) =>
        at(`parameters/${name}`, { kind: 'StorageClass' }),
      ),
      ...named,
      at('spec/template/spec/containers/env/valueFrom/secretKeyRef/name', {
        group: 'serving.knative.dev',
        version: 'v1',
        kind: 'Service',
      }),
      at('spec/azureFile/secretName', { kind: 'PersistentVolume' }),
    ],
  },
  {
    kind: 'Service',
    version: 'v1',
    fieldSpecs: [
      at('spec/serviceName', apps('StatefulSet')),
      ...inIngresses(
        'spec/rules/http/paths/backend/serviceName',
        'spec/backend/serviceName',
        'spec/rules/http/paths/backend/service/name',
        'spec/defaultBackend/service/name',
      ),
      at('spec/service/name', { group: 'apiregistration.k8s.io', kind: 'APIService' }),
      ...['Validating', 'Mutating'].map((what) =>
        at('webhooks/clientConfig/service', {
          group: 'admissionregistration.k8s.io',
          kind: `${what}WebhookConfiguration`,
        }),
      ),
    ],
  },
  { ...rbac('Role'), fieldSpecs: [at('roleRef/name', rbac('RoleBinding'))] },
  { ...rbac('ClusterRole'), fieldSpecs: bindings.map((kind) => at('roleRef/name', kind)) },
  {
    kind: 'ServiceAccount',
    version: 'v1',
    fieldSpecs: [...bindings.map((kind) => at('subjects', kind)), ...inFewPods('serviceAccountName')],
  },
  {
    kind: 'PersistentVolumeClaim',
    version: 'v1',
    fieldSpecs: inFewPods('volumes/persistentVolumeClaim/claimName'),
  },
  {
    kind: 'PersistentVolume',
    version: 'v1',
    fieldSpecs: [
      at('spec/volumeName', { kind: 'PersistentVolumeClaim' }),
      at('rules/resourceNames', { kind: 'ClusterRole' }),
    ],
  },
  {
    kind: 'StorageClass',
    version: 'v1',
    group: 'storage.k8s.io',
    fieldSpecs: [
      ...kinds('PersistentVolume', 'PersistentVolumeClaim').map((kind) => at('spec/storageClassName', kind)),
      at('spec/volumeClaimTemplates/spec/storageClassName', { kind: 'StatefulSet' }),
    ],
  },
  {
    kind: 'PriorityClass',
    version: 'v1',
    group: 'scheduling.k8s.io',
    fieldSpecs: inFewPods('priorityClassName'),
  },
  // No group is called so: upstream follows no classes of ingresses.
  {
    kind: 'IngressClass',
    version: 'v1',
    group: 'networking.k8s.io/v1',
    fieldSpecs: inIngresses('spec/ingressClassName'),
  },
  {
    kind: 'ValidatingAdmissionPolicy',
    group: 'admissionregistration.k8s.io',
    fieldSpecs: [
      at('spec/policyName', { group: 'admissionregistration.k8s.io', kind: 'ValidatingAdmissionPolicyBinding' }),
    ],
  },
];

const { PodTemplate: _none, ...variablePods } = podSpecs;
const inContainers = containers.flatMap((list) =>
  ['args', 'command', 'env/value', 'volumeMounts/mountPath'].map((path) => `${list}/${path}`),
);
const servers: Readonly<Record<string, string>> = {
  // Upstream's list leaves a step out.
  CronJob: 'spec/jobTemplate/spec/template/volumes/nfs/server',
  StatefulSet: 'spec/volumeClaimTemplates/spec/nfs/server',
};

const varReference: FieldSpec[] = [
  ...Object.entries(variablePods).flatMap(([kind, spec]) =>
    [...inContainers.map((path) => `${spec}/${path}`), servers[kind] ?? `${spec}/volumes/nfs/server`].map((path) =>
      at(path, { kind }),
    ),
  ),
  at('spec/template/metadata/annotations', { kind: 'Deployment' }),
  ...inIngresses('spec/rules/host', 'spec/tls/hosts', 'spec/tls/secretName'),
  ...['spec/ports/port', 'spec/ports/targetPort'].map((path) => at(path, { kind: 'Service' })),
  at('spec/nfs/server', { kind: 'PersistentVolume' }),
  at('metadata/labels'),
  at('metadata/annotations'),
];

/** Where kustomizations change objects when nobody says more: the table of kustomize v5.7. */
export const defaultConfiguration: Configuration = {
  namePrefix: [at('metadata/name')],
  nameSuffix: [at('metadata/name')],
  namespace: [
    made('metadata/name', { kind: 'Namespace' }),
    made('spec/service/namespace', { group: 'apiregistration.k8s.io', kind: 'APIService' }),
    at('spec/conversion/webhook/clientConfig/service/namespace', {
      group: 'apiextensions.k8s.io',
      kind: 'CustomResourceDefinition',
    }),
  ],
  commonLabels: [...selectors, ...inTemplates('labels')],
  labels: [],
  templateLabels: inTemplates('labels'),
  commonAnnotations: inTemplates('annotations'),
  nameReference,
  varReference,
  images: ['spec', 'spec/template/spec'].flatMap((spec) =>
    ['containers[]/image', 'initContainers[]/image', 'volumes[]/image/reference'].map((path) =>
      made(`${spec}/${path}`),
    ),
  ),
  // In upstream's order of kinds, which a message lists.
  replicas: kinds('Deployment', 'StatefulSet', 'ReplicaSet', 'ReplicationController').map((kind) =>
    made('spec/replicas', kind),
  ),
};
