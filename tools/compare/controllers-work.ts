import type { Dice } from './controllers-dice.ts';

/** A step that is performed on both sides; paths are within the work's namespace: `apps/v1/deployments/web`. */
export type Step =
  | {
      readonly do: 'post';
      readonly path: string;
      readonly body: object;
      /** Seconds to wait before comparing: some controllers only check periodically. */
      readonly andWait?: number;
    }
  | {
      readonly do: 'patch';
      readonly path: string;
      readonly body: object;
      readonly isStatus?: boolean;
      readonly andWait?: number;
    }
  | {
      readonly do: 'delete';
      readonly path: string;
      readonly policy?: 'Foreground' | 'Background' | 'Orphan';
      /** Seconds to wait: namespaces are emptied a little later. */
      readonly andWait?: number;
    }
  /** Applied to the first pod, by name, with these labels. */
  | { readonly do: 'deletePod'; readonly labels: string }
  | { readonly do: 'patchPod'; readonly labels: string; readonly body: object; readonly status?: boolean }
  /** Sets the template of a Deployment to that of its previous revision, as `kubectl rollout undo` does. */
  | { readonly do: 'undo'; readonly deployment: string }
  | { readonly do: 'evict'; readonly labels: string }
  | { readonly do: 'wait'; readonly seconds: number };

/** A kind of work: makes a sequence of steps. After each step, both sides settle and are compared. */
export type Work = (dice: Dice) => Step[];

const deploymentPath = 'apps/v1/deployments';
export const amounts = [0, 1, 2, '25%', '50%', '100%'] as const;

export const container = (image: string, more: object = {}): object => ({ name: 'main', image, ...more });

export const template = (labels: object, image: string, more: object = {}): object => ({
  metadata: { labels },
  spec: { terminationGracePeriodSeconds: 1, ...more, containers: [container(image)] },
});

function rollingUpdate(dice: Dice): object {
  const maxUnavailable = dice.pick(amounts);
  const maxSurge = dice.pick(amounts.filter((amount) => amount !== 0 || maxUnavailable !== 0));
  return {
    type: 'RollingUpdate',
    rollingUpdate: { maxUnavailable, maxSurge: maxUnavailable === 0 && maxSurge === 0 ? 1 : maxSurge },
  };
}

/** A Deployment that is created and then changed in every possible way. */
const deployment: Work = (dice) => {
  const labels = { app: 'web' };
  const steps: Step[] = [
    {
      do: 'post',
      path: deploymentPath,
      body: {
        metadata: { name: 'web', annotations: { note: 'a' } },
        spec: {
          replicas: dice.number(0, 6),
          selector: { matchLabels: labels },
          template: template(labels, dice.pick(['runs', 'runs', 'unready'])),
          strategy: dice.chance(0.25) ? { type: 'Recreate' } : rollingUpdate(dice),
          ...dice.maybe(0.4, () => ({ revisionHistoryLimit: dice.number(0, 2) })),
          ...dice.maybe(0.3, () => ({ progressDeadlineSeconds: 3 })),
          ...dice.maybe(0.2, () => ({ minReadySeconds: 1 })),
          ...dice.maybe(0.15, () => ({ paused: true })),
        },
      },
    },
  ];
  const patch = (body: object): Step => ({ do: 'patch', path: `${deploymentPath}/web`, body });
  const image = (): object => ({
    template: { spec: { containers: [container(dice.pick(['runs', 'runs:2', 'runs:3', 'unready']))] } },
  });
  const actions: readonly (() => Step)[] = [
    () => patch({ spec: { replicas: dice.number(0, 8) } }),
    () => patch({ spec: image() }),
    () => patch({ spec: { ...image(), replicas: dice.number(0, 8) } }),
    () => patch({ spec: { paused: dice.chance(0.4) } }),
    () => patch({ spec: { strategy: rollingUpdate(dice) } }),
    () => patch({ spec: { revisionHistoryLimit: dice.number(0, 2) } }),
    () => patch({ metadata: { annotations: { note: dice.pick(['b', 'c']) } } }),
    () => patch({ spec: { template: { metadata: { annotations: { restarted: String(dice.number(1, 3)) } } } } }),
    () => ({ do: 'undo', deployment: 'web' }),
    () => ({ do: 'deletePod', labels: 'app=web' }),
    () => ({ do: 'patchPod', labels: 'app=web', body: { metadata: { labels: { app: 'stray' } } } }),
    () => ({ do: 'patchPod', labels: 'app=web', body: { status: { phase: 'Failed', reason: 'Test' } }, status: true }),
  ];
  for (let i = 0; i < dice.number(3, 6); i++) steps.push(dice.pick(actions)());
  if (dice.chance(0.4)) {
    steps.push({
      do: 'delete',
      path: `${deploymentPath}/web`,
      policy: dice.pick(['Foreground', 'Background', 'Orphan']),
    });
    if (dice.chance(0.5)) steps.push(steps[0] as Step);
  }
  return steps;
};

/** Replica sets and replication controllers: adoption and release of pods, deletion, and quotas that get in the way. */
const replicas: Work = (dice) => {
  const isSet = dice.chance(0.6);
  const path = isSet ? 'apps/v1/replicasets' : 'v1/replicationcontrollers';
  const labels = { app: 'set' };
  const bare = (i: number): Step => ({
    do: 'post',
    path: 'v1/pods',
    body: {
      metadata: { name: `bare-${i}`, labels },
      spec: { terminationGracePeriodSeconds: 1, containers: [container('runs')] },
    },
  });
  const before = dice.chance(0.5) ? Array.from({ length: dice.number(1, 3) }, (_, i) => bare(i)) : [];
  const create: Step = {
    do: 'post',
    path,
    body: {
      metadata: { name: 'set', labels },
      spec: {
        replicas: dice.number(0, 5),
        selector: isSet ? { matchLabels: labels } : labels,
        template: template(labels, dice.pick(['runs', 'unready'])),
        ...dice.maybe(0.2, () => ({ minReadySeconds: 1 })),
      },
    },
  };
  const patch = (body: object): Step => ({ do: 'patch', path: `${path}/set`, body });
  const actions: readonly (() => Step)[] = [
    () => patch({ spec: { replicas: dice.number(0, 6) } }),
    () => patch({ spec: { template: { spec: { containers: [container('runs:2')] } } } }),
    () => ({ do: 'deletePod', labels: 'app=set' }),
    () => ({ do: 'patchPod', labels: 'app=set', body: { metadata: { labels: { app: 'stray' } } } }),
    () => ({ do: 'patchPod', labels: 'app=stray', body: { metadata: { labels } } }),
    () => ({ do: 'patchPod', labels: 'app=set', body: { metadata: { finalizers: ['example.com/hold'] } } }),
    () => ({ do: 'patchPod', labels: 'app=set', body: { metadata: { ownerReferences: null } } }),
    () => ({ do: 'patchPod', labels: 'app=set', body: { status: { phase: 'Failed', reason: 'Test' } }, status: true }),
    () => ({
      do: 'post',
      path: 'v1/resourcequotas',
      body: { metadata: { generateName: 'q-' }, spec: { hard: { pods: String(dice.number(1, 4)) } } },
    }),
  ];
  const steps: Step[] = [...before, create];
  for (let i = 0; i < dice.number(2, 5); i++) steps.push(dice.pick(actions)());
  if (dice.chance(0.6))
    steps.push({ do: 'delete', path: `${path}/set`, policy: dice.pick(['Foreground', 'Background', 'Orphan']) });
  return steps;
};

export const rolloutWorks = { deployment, replicas };
