import { amounts, container, type Step, template, type Work } from './controllers-work.ts';

const statefulSet: Work = (dice) => {
  const labels = { app: 'db' };
  const path = 'apps/v1/statefulsets';
  const create: Step = {
    do: 'post',
    path,
    body: {
      metadata: { name: 'db' },
      spec: {
        serviceName: 'db',
        replicas: dice.number(0, 4),
        selector: { matchLabels: labels },
        template: template(labels, dice.pick(['runs', 'runs', 'unready'])),
        ...dice.maybe(0.4, () => ({ podManagementPolicy: 'Parallel' })),
        ...dice.maybe(0.6, () => ({
          updateStrategy: dice.pick<object>([
            { type: 'OnDelete' },
            { type: 'RollingUpdate', rollingUpdate: { partition: dice.number(0, 3) } },
          ]),
        })),
        ...dice.maybe(0.3, () => ({ revisionHistoryLimit: dice.number(0, 2) })),
        ...dice.maybe(0.3, () => ({
          volumeClaimTemplates: [
            {
              metadata: { name: 'data' },
              spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
            },
          ],
        })),
      },
    },
  };
  const patch = (body: object): Step => ({ do: 'patch', path: `${path}/db`, body });
  const image = (): object => ({
    template: { spec: { containers: [container(dice.pick(['runs', 'runs:2', 'runs:3', 'unready']))] } },
  });
  const actions: readonly (() => Step)[] = [
    () => patch({ spec: { replicas: dice.number(0, 5) } }),
    () => patch({ spec: image() }),
    () => patch({ spec: image() }),
    () =>
      patch({ spec: { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: dice.number(0, 3) } } } }),
    () => ({ do: 'deletePod', labels: 'app=db' }),
    () => ({ do: 'patchPod', labels: 'app=db', body: { status: { phase: 'Failed', reason: 'Test' } }, status: true }),
  ];
  const steps: Step[] = [create];
  for (let i = 0; i < dice.number(2, 5); i++) steps.push(dice.pick(actions)());
  if (dice.chance(0.4))
    steps.push({ do: 'delete', path: `${path}/db`, policy: dice.pick(['Foreground', 'Background', 'Orphan']) });
  return steps;
};

const daemonSet: Work = (dice) => {
  // Until v1.22, orphaned revisions were adopted by sets of other namespaces with the same labels.
  const labels = { app: 'agent', place: '{namespace}' };
  const path = 'apps/v1/daemonsets';
  const selection = dice.pick<object>([
    {},
    { nodeSelector: { 'topology.kubernetes.io/zone': 'z1' } },
    { nodeSelector: { 'topology.kubernetes.io/zone': 'nowhere' } },
    {
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [
              { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'NotIn', values: ['n1'] }] },
            ],
          },
        },
      },
    },
    { tolerations: [{ operator: 'Exists' }] },
  ]);
  const create: Step = {
    do: 'post',
    path,
    body: {
      metadata: { name: 'agent' },
      spec: {
        selector: { matchLabels: labels },
        template: template(labels, dice.pick(['runs', 'unready']), selection),
        ...dice.maybe(0.6, () => ({
          updateStrategy: dice.pick<object>([
            { type: 'OnDelete' },
            { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: dice.pick(amounts.slice(1)) } },
          ]),
        })),
        ...dice.maybe(0.3, () => ({ minReadySeconds: 1 })),
        ...dice.maybe(0.3, () => ({ revisionHistoryLimit: dice.number(0, 2) })),
      },
    },
  };
  const patch = (body: object): Step => ({ do: 'patch', path: `${path}/agent`, body });
  const image = (): object => ({
    template: { spec: { containers: [container(dice.pick(['runs', 'runs:2', 'runs:3', 'unready']))] } },
  });
  const actions: readonly (() => Step)[] = [
    () => patch({ spec: image() }),
    () => patch({ spec: image() }),
    () =>
      patch({ spec: { template: { spec: { nodeSelector: { 'kubernetes.io/hostname': dice.pick(['n0', 'n1']) } } } } }),
    () => ({ do: 'deletePod', labels: 'app=agent' }),
    () => ({ do: 'patchPod', labels: 'app=agent', body: { metadata: { labels: { app: 'stray' } } } }),
    () => ({
      do: 'patchPod',
      labels: 'app=agent',
      body: { status: { phase: 'Failed', reason: 'Test' } },
      status: true,
    }),
  ];
  const steps: Step[] = [create];
  for (let i = 0; i < dice.number(2, 4); i++) steps.push(dice.pick(actions)());
  if (dice.chance(0.4))
    steps.push({ do: 'delete', path: `${path}/agent`, policy: dice.pick(['Foreground', 'Background', 'Orphan']) });
  return steps;
};

const job: Work = (dice) => {
  const path = 'batch/v1/jobs';
  const create: Step = {
    do: 'post',
    path,
    // Until what failed has been retried.
    andWait: 35,
    body: {
      metadata: { name: 'work' },
      spec: {
        ...dice.maybe(0.7, () => ({ completions: dice.number(0, 4) })),
        ...dice.maybe(0.7, () => ({ parallelism: dice.number(1, 3) })),
        backoffLimit: dice.number(0, 2),
        ...dice.maybe(0.2, () => ({ activeDeadlineSeconds: dice.number(1, 3) })),
        template: {
          metadata: { labels: { kind: 'work' } },
          spec: {
            restartPolicy: 'Never',
            terminationGracePeriodSeconds: 1,
            containers: [
              container(dice.pick(['ends-s', 'ends-s', 'ends-f', 'ends-fs', 'ends-sf', 'runs', 'ends-sffs'])),
            ],
          },
        },
      },
    },
  };
  const patch = (body: object): Step => ({ do: 'patch', path: `${path}/work`, body });
  const actions: readonly (() => Step)[] = [
    () => patch({ spec: { parallelism: dice.number(0, 4) } }),
    () => patch({ spec: { activeDeadlineSeconds: 1 } }),
    () => patch({ spec: { backoffLimit: dice.number(0, 3) } }),
    () => ({ do: 'deletePod', labels: 'kind=work' }),
    () => ({ do: 'wait', seconds: 12 }),
  ];
  const steps: Step[] = [create];
  for (let i = 0; i < dice.number(1, 3); i++) steps.push(dice.pick(actions)());
  if (dice.chance(0.4))
    steps.push({ do: 'delete', path: `${path}/work`, policy: dice.pick(['Foreground', 'Background', 'Orphan']) });
  return steps;
};

export const setWorks = { statefulSet, daemonSet, job };
