import type { Dice } from './controllers-dice.ts';
import { container, type Step, type Work } from './controllers-work.ts';

const ports = (dice: Dice): object[] =>
  dice.pick<object[]>([
    [{ port: 80 }],
    [{ port: 80, targetPort: 'http' }],
    [
      { name: 'a', port: 80, targetPort: 'http' },
      { name: 'b', port: 81, targetPort: 8081 },
    ],
    [
      { name: 'a', port: 80, targetPort: 'missing' },
      { name: 'b', port: 81, protocol: 'UDP' },
    ],
    [{ name: 'only', port: 80, targetPort: 'missing' }],
  ]);

function pod(dice: Dice, name: string): Step {
  return {
    do: 'post',
    path: 'v1/pods',
    body: {
      metadata: { name, labels: { app: dice.pick(['a', 'a', 'b']), ...dice.maybe(0.4, () => ({ tier: 'x' })) } },
      spec: {
        terminationGracePeriodSeconds: 1,
        ...dice.maybe(0.2, () => ({ hostname: name, subdomain: dice.pick(['svc', 'other']) })),
        // No terminated pods: since v1.22 they are left out of the slices, whatever their restart policy.
        restartPolicy: 'Never',
        containers: [
          container(dice.pick(['runs', 'runs', 'unready']), {
            ports: [{ ...dice.maybe(0.7, () => ({ name: 'http' })), containerPort: dice.pick([8080, 9090]) }],
          }),
        ],
      },
    },
  };
}

/** Services over pods of all sorts: compares endpoints and slices. */
const service: Work = (dice) => {
  const spec = (): object => ({
    selector: dice.pick([{ app: 'a' }, { app: 'a', tier: 'x' }, { app: 'none' }]),
    ports: ports(dice),
    ...dice.maybe(0.4, () => ({ clusterIP: 'None' })),
    ...dice.maybe(0.25, () => ({ publishNotReadyAddresses: true })),
    ...dice.maybe(0.1, () => ({ type: 'NodePort', clusterIP: '' })),
  });
  const labels = dice.maybe(0.5, () => ({ labels: { team: 'x', 'service.kubernetes.io/headless': 'mine' } }));
  const steps: Step[] = [
    ...Array.from({ length: dice.number(0, 4) }, (_, i) => pod(dice, `p${i}`)),
    { do: 'post', path: 'v1/services', body: { metadata: { name: 'svc', ...labels }, spec: spec() } },
  ];
  const patch = (body: object): Step => ({ do: 'patch', path: 'v1/services/svc', body });
  const actions: readonly (() => Step)[] = [
    () => pod(dice, `q${steps.length}`),
    () => pod(dice, `q${steps.length}`),
    () => patch({ spec: { selector: { app: dice.pick(['a', 'b']), tier: null } } }),
    () => patch({ spec: { ports: ports(dice) } }),
    () => patch({ spec: { publishNotReadyAddresses: dice.chance(0.5) } }),
    () => patch({ metadata: { labels: { team: dice.pick(['y', 'z']) }, annotations: { note: 'n' } } }),
    () => ({ do: 'deletePod', labels: 'app=a' }),
    () => ({ do: 'patchPod', labels: 'app=a', body: { metadata: { finalizers: ['example.com/hold'] } } }),
    () => ({ do: 'delete', path: 'v1/endpoints/svc' }),
    () => ({
      do: 'post',
      path: 'v1/endpoints',
      body: {
        metadata: { name: `free-${steps.length}`, labels: { team: 'x' } },
        subsets: [
          { addresses: [{ ip: '192.0.2.7' }], notReadyAddresses: [{ ip: '192.0.2.8' }], ports: ports(dice).map(bare) },
        ],
      },
    }),
    () => ({
      do: 'post',
      path: 'v1/services',
      body: { metadata: { name: `free-${steps.length - 1}` }, spec: { ports: ports(dice) } },
    }),
  ];
  for (let i = 0; i < dice.number(2, 5); i++) steps.push(dice.pick(actions)());
  if (dice.chance(0.3)) steps.push({ do: 'delete', path: 'v1/services/svc' });
  return steps;
};

const bare = (port: object): object => {
  const { targetPort: _, ...rest } = port as { targetPort?: unknown };
  return rest;
};

/** Disruption budgets over sets with ready and unready pods, which are scaled and evicted. */
const budget: Work = (dice) => {
  const labels = { app: 'kept' };
  const path = 'apps/v1/replicasets';
  const amount = (): number | string => dice.pick([0, 1, 2, 3, '0%', '30%', '50%', '100%']);
  const steps: Step[] = [
    {
      do: 'post',
      path,
      body: {
        metadata: { name: 'kept' },
        spec: {
          replicas: dice.number(0, 5),
          selector: { matchLabels: labels },
          template: {
            metadata: { labels },
            spec: { terminationGracePeriodSeconds: 1, containers: [container(dice.pick(['runs', 'runs', 'unready']))] },
          },
        },
      },
    },
    {
      do: 'post',
      path: 'policy/poddisruptionbudgets',
      body: {
        metadata: { name: 'budget' },
        spec: {
          ...dice.pick([{ minAvailable: amount() }, { maxUnavailable: amount() }]),
          selector: dice.pick<object>([
            { matchLabels: labels },
            { matchLabels: labels },
            { matchLabels: { app: 'none' } },
          ]),
        },
      },
    },
  ];
  if (dice.chance(0.4))
    steps.unshift({ ...(pod(dice, 'bare') as { do: 'post'; path: string }), body: bareKept(labels) });
  const actions: readonly (() => Step)[] = [
    () => ({ do: 'patch', path: `${path}/kept`, body: { spec: { replicas: dice.number(0, 6) } } }),
    () => ({ do: 'evict', labels: 'app=kept' }),
    () => ({ do: 'evict', labels: 'app=kept' }),
    () => ({ do: 'deletePod', labels: 'app=kept' }),
  ];
  for (let i = 0; i < dice.number(2, 4); i++) steps.push(dice.pick(actions)());
  return steps;
};

const bareKept = (labels: object): object => ({
  metadata: { name: 'bare', labels },
  spec: { terminationGracePeriodSeconds: 1, containers: [container('runs')] },
});

export const serviceWorks = { service, budget };
