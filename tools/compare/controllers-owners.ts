import { container, type Step, type Work } from './controllers-work.ts';

/** Config maps that own each other, with owners that are missing, of another kind or blocking; deleted in all ways. */
const garbage: Work = (dice) => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const steps: Step[] = names.map((name, i) => ({
    do: 'post',
    path: 'v1/configmaps',
    body: {
      metadata: {
        name,
        ...dice.maybe(0.15, () => ({ finalizers: [dice.pick(['example.com/hold', 'orphan', 'foregroundDeletion'])] })),
        ownerReferences: dice.some(names.slice(0, i), 0.4).map((owner) => ({
          apiVersion: 'v1',
          kind: 'ConfigMap',
          name: owner,
          // Filled in when sent: the uid that the object has on that side.
          uid: dice.chance(0.9) ? `uid:v1/configmaps/${owner}` : 'd0000000-0000-4000-8000-000000000000',
          ...dice.maybe(0.5, () => ({ blockOwnerDeletion: true })),
        })),
      },
    },
  }));
  for (let i = 0; i < dice.number(1, 3); i++) {
    const policy = dice.pick([undefined, 'Foreground', 'Background', 'Orphan'] as const);
    steps.push({ do: 'delete', path: `v1/configmaps/${dice.pick(names)}`, ...(policy ? { policy } : {}) });
    if (dice.chance(0.4))
      steps.push({ do: 'patch', path: `v1/configmaps/${dice.pick(names)}`, body: { metadata: { finalizers: null } } });
  }
  return steps;
};

const quota: Work = (dice) => {
  const hard = (): object => ({
    ...dice.maybe(0.6, () => ({ pods: String(dice.number(0, 5)) })),
    ...dice.maybe(0.4, () => ({ 'requests.cpu': '1', 'limits.memory': '2Gi' })),
    ...dice.maybe(0.4, () => ({ configmaps: '3', 'count/deployments.apps': '1' })),
    ...dice.maybe(0.4, () => ({ services: '2', 'services.nodeports': '1' })),
    ...dice.maybe(0.3, () => ({ persistentvolumeclaims: '2', 'requests.storage': '3Gi' })),
  });
  const scopes = ['BestEffort', 'NotBestEffort', 'Terminating', 'NotTerminating'] as const;
  const steps: Step[] = [
    { do: 'post', path: 'v1/resourcequotas', body: { metadata: { name: 'all' }, spec: { hard: hard() } } },
    {
      do: 'post',
      path: 'v1/resourcequotas',
      body: { metadata: { name: 'scoped' }, spec: { hard: { pods: '2' }, scopes: [dice.pick(scopes)] } },
    },
  ];
  const resources = (): object =>
    dice.pick<object>([{}, { resources: { requests: { cpu: '300m' }, limits: { memory: '1Gi', cpu: '1' } } }]);
  const actions: readonly ((i: number) => Step)[] = [
    (i) => ({
      do: 'post',
      path: 'v1/pods',
      body: {
        metadata: { name: `p${i}`, labels: { app: 'p' } },
        spec: {
          terminationGracePeriodSeconds: 1,
          ...dice.maybe(0.3, () => ({ activeDeadlineSeconds: 600 })),
          restartPolicy: 'Never',
          containers: [container(dice.pick(['runs', 'ends-s']), resources())],
        },
      },
    }),
    (i) => ({ do: 'post', path: 'v1/configmaps', body: { metadata: { name: `c${i}` } } }),
    (i) => ({
      do: 'post',
      path: 'v1/services',
      body: {
        metadata: { name: `s${i}` },
        spec: { ports: [{ port: 80 }], type: dice.pick(['ClusterIP', 'NodePort']) },
      },
    }),
    (i) => ({
      do: 'post',
      path: 'v1/persistentvolumeclaims',
      body: {
        metadata: { name: `v${i}` },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: `${dice.number(1, 2)}Gi` } } },
      },
    }),
    () => ({ do: 'deletePod', labels: 'app=p' }),
    () => ({ do: 'patch', path: 'v1/resourcequotas/all', body: { spec: { hard: hard() } } }),
    () => ({ do: 'delete', path: 'v1/serviceaccounts/default' }),
    () => ({ do: 'delete', path: 'v1/configmaps/kube-root-ca.crt' }),
    () => ({ do: 'patch', path: 'v1/configmaps/kube-root-ca.crt', body: { data: { 'ca.crt': 'other' } } }),
  ];
  for (let i = 0; i < dice.number(4, 9); i++) steps.push(dice.pick(actions)(i));
  return steps;
};

/**
 * Claims and volumes of a class without provisioner: compares what is bound to what, and what happens to volumes
 * afterwards.
 */
const volumes: Work = (dice) => {
  const volume = (i: number): Step => ({
    do: 'post',
    path: 'cluster:v1/persistentvolumes',
    body: {
      metadata: { name: `v${i}-{namespace}`, labels: { disk: dice.pick(['ssd', 'hdd']) } },
      spec: {
        capacity: { storage: `${dice.number(1, 4)}Gi` },
        accessModes: dice.pick([['ReadWriteOnce'], ['ReadWriteOnce', 'ReadOnlyMany'], ['ReadWriteMany']]),
        storageClassName: '{namespace}',
        persistentVolumeReclaimPolicy: dice.pick(['Retain', 'Retain', 'Delete']),
        hostPath: { path: '/none' },
        ...dice.maybe(0.2, () => ({ claimRef: { namespace: '{namespace}', name: `c${dice.number(0, 3)}` } })),
        ...dice.maybe(0.15, () => ({ volumeMode: 'Block' })),
      },
    },
  });
  const claim = (i: number): Step => ({
    do: 'post',
    path: 'v1/persistentvolumeclaims',
    body: {
      metadata: { name: `c${i}` },
      spec: {
        accessModes: [dice.pick(['ReadWriteOnce', 'ReadWriteMany', 'ReadOnlyMany'])],
        storageClassName: '{namespace}',
        resources: { requests: { storage: `${dice.number(1, 4)}Gi` } },
        ...dice.maybe(0.2, () => ({ selector: { matchLabels: { disk: 'ssd' } } })),
        ...dice.maybe(0.2, () => ({ volumeName: `v${dice.number(0, 3)}-{namespace}` })),
      },
    },
  });
  const steps: Step[] = [];
  for (let i = 0; i < 4; i++) {
    if (dice.chance(0.8)) steps.push(volume(i));
    if (dice.chance(0.8)) steps.push(claim(i));
  }
  const some = (): number => dice.number(0, 3);
  const actions: readonly (() => Step)[] = [
    () => ({ do: 'delete', path: `v1/persistentvolumeclaims/c${some()}` }),
    () => ({ do: 'delete', path: `cluster:v1/persistentvolumes/v${some()}-{namespace}` }),
    () => volume(some()),
    () => claim(some()),
    () => ({
      do: 'patch',
      path: `cluster:v1/persistentvolumes/v${some()}-{namespace}`,
      body: { spec: { claimRef: null } },
    }),
  ];
  for (let i = 0; i < dice.number(2, 5); i++) steps.push(dice.pick(actions)());
  return steps;
};

/** Autoscalers without metrics: they can only report why they cannot act. */
const autoscaler: Work = (dice) => [
  {
    do: 'post',
    path: 'apps/v1/replicasets',
    body: {
      metadata: { name: 'scaled' },
      spec: {
        replicas: dice.number(0, 3),
        selector: { matchLabels: { app: 'scaled' } },
        template: {
          metadata: { labels: { app: 'scaled' } },
          spec: {
            terminationGracePeriodSeconds: 1,
            containers: [
              container(
                'runs',
                dice.maybe(0.5, () => ({ resources: { requests: { cpu: '1m' } } })),
              ),
            ],
          },
        },
      },
    },
  },
  {
    do: 'post',
    path: 'autoscaling/v1/horizontalpodautoscalers',
    andWait: 4,
    body: {
      metadata: { name: 'hpa' },
      spec: {
        scaleTargetRef: {
          apiVersion: 'apps/v1',
          kind: dice.pick(['ReplicaSet', 'ReplicaSet', 'Deployment', 'Nothing']),
          name: 'scaled',
        },
        minReplicas: dice.number(1, 3),
        maxReplicas: dice.number(3, 4),
        ...dice.maybe(0.5, () => ({ targetCPUUtilizationPercentage: 50 })),
      },
    },
  },
  { do: 'wait', seconds: 3 },
  { do: 'patch', path: 'apps/v1/replicasets/scaled', body: { spec: { replicas: dice.number(0, 6) } } },
  { do: 'wait', seconds: 3 },
];

/** A namespace whose contents do or do not block its deletion. */
const namespaceEnd: Work = (dice) => [
  {
    do: 'post',
    path: 'v1/pods',
    body: {
      metadata: { name: 'p' },
      spec: { containers: [container('runs')] },
    },
  },
  {
    do: 'post',
    path: 'v1/configmaps',
    body: { metadata: { name: 'c', ...dice.maybe(0.5, () => ({ finalizers: ['example.com/hold'] })) } },
  },
  { do: 'delete', path: 'cluster:v1/namespaces/{namespace}', andWait: 25 },
  { do: 'post', path: 'v1/configmaps', body: { metadata: { name: 'late' } } },
  { do: 'patch', path: 'v1/pods/p', body: { metadata: { finalizers: null } } },
  { do: 'wait', seconds: 6 },
];

export const ownerWorks = { garbage, quota, volumes, autoscaler, namespaceEnd };
