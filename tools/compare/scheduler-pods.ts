import type { Dice } from './controllers-dice.ts';
import { profiles } from './scheduler-profiles.ts';

export const priorities = ['low', 'middle', 'high'];
const keys = ['topology.kubernetes.io/zone', 'kubernetes.io/hostname', 'disk'];
const images = ['registry.example/small:1', 'registry.example/big:1', 'plain', 'plain:latest'];

export interface RandomPod {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly spec: Readonly<Record<string, unknown>>;
}

/** `plain`: without constraints; `claims`: those that it may use. */
export function randomPod(
  dice: Dice,
  name: string,
  options: { plain?: boolean; claims?: readonly string[] },
): RandomPod {
  const { plain = false, claims = [] } = options;
  const schedulerName = dice.chance(0.3) ? 'all-scores' : dice.pick(Object.keys(profiles));
  const used = claims.length > 0 ? [dice.pick(claims), ...dice.some(claims, 0.2)] : [];
  return {
    metadata: {
      name,
      namespace: used.length > 0 || dice.chance(0.85) ? 'default' : 'other',
      labels: { app: dice.pick(['a', 'b', 'c']), ...dice.maybe(0.5, () => ({ tier: dice.pick(['x', 'y']) })) },
    },
    spec: {
      schedulerName,
      ...dice.maybe(0.6, () => ({ priorityClassName: dice.pick(priorities) })),
      ...dice.maybe(0.1, () => ({ preemptionPolicy: 'PreemptLowerPriority' })),
      terminationGracePeriodSeconds: 30,
      containers: Array.from({ length: dice.number(1, 2) }, (_, i) => container(dice, i)),
      // Since v1.28 the images of init containers count as well.
      ...dice.maybe('ImageLocality' in (profiles[schedulerName] ?? {}) ? 0 : 0.2, () => ({
        initContainers: [{ ...container(dice, 9), name: 'init' }],
      })),
      ...(plain ? {} : wishes(dice, name)),
      ...(used.length > 0
        ? {
            volumes: [...new Set(used)].map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } })),
          }
        : {}),
    },
  };
}

function container(dice: Dice, index: number): object {
  const cpu = dice.pick(['100m', '250m', '1', '2', '1500m']);
  const memory = dice.pick(['64Mi', '256Mi', '1Gi', '2500M']);
  return {
    name: `c${index}`,
    image: dice.pick(images),
    ...dice.maybe(0.1, () => ({ ports: [hostPort(dice, index)] })),
    resources: {
      requests: {
        ...dice.maybe(0.7, () => ({ cpu })),
        ...dice.maybe(0.7, () => ({ memory })),
        ...dice.maybe(0.05, () => ({ 'ephemeral-storage': '6Gi' })),
      },
      ...dice.maybe(0.07, () => ({ limits: { 'example.com/gpu': '1', cpu: '4', memory: '4Gi' } })),
    },
  };
}

const hostPort = (dice: Dice, index: number): object => ({
  containerPort: 80,
  hostPort: 8080 + index,
  protocol: dice.pick(['TCP', 'TCP', 'UDP']),
  ...dice.maybe(0.3, () => ({ hostIP: dice.pick(['127.0.0.1', '0.0.0.0']) })),
});

function wishes(dice: Dice, name: string): object {
  // Since v1.25, pods on nodes that are infeasible for this pod no longer count, so hard constraints are tested alone.
  const isHard = dice.chance(0.15);
  return {
    ...dice.maybe(isHard ? 0 : 0.15, () => ({
      nodeSelector: dice.pick([{ disk: 'ssd' }, { disk: 'hdd' }, { size: '3' }]),
    })),
    ...dice.maybe(0.4, () => ({ tolerations: dice.some(tolerations, 0.35) })),
    affinity: {
      ...dice.maybe(isHard ? 0 : 0.35, () => ({ nodeAffinity: nodeAffinity(dice, name) })),
      ...dice.maybe(0.35, () => ({ podAffinity: podTerms(dice) })),
      ...dice.maybe(0.35, () => ({ podAntiAffinity: podTerms(dice) })),
    },
    ...(isHard
      ? { topologySpreadConstraints: [constraint(dice, dice.pick(keys), 'DoNotSchedule')] }
      : dice.maybe(0.3, () => ({ topologySpreadConstraints: softSpread(dice) }))),
  };
}

const tolerations = [
  { key: 'a', operator: 'Equal', value: '1', effect: 'NoSchedule' },
  { key: 'a', operator: 'Exists' },
  { key: 'a', value: '2' },
  { operator: 'Exists', effect: 'NoExecute' },
  { key: 'b', operator: 'Exists', tolerationSeconds: 60, effect: 'NoExecute' },
  { key: 'c', value: 'x', effect: 'PreferNoSchedule' },
  { operator: 'Exists' },
  { key: 'd', operator: 'Exists' },
];

function nodeAffinity(dice: Dice, name: string): object {
  return {
    ...dice.maybe(0.6, () => ({
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: Array.from({ length: dice.number(1, 2) }, () => nodeTerm(dice, name)),
      },
    })),
    ...dice.maybe(0.6, () => ({
      preferredDuringSchedulingIgnoredDuringExecution: Array.from({ length: dice.number(1, 3) }, () => ({
        weight: dice.number(1, 100),
        preference: nodeTerm(dice, name),
      })),
    })),
  };
}

function nodeTerm(dice: Dice, name: string): object {
  if (dice.chance(0.1)) {
    const node = `${name.replace(/-[^-]*$/, '')}-n${dice.number(0, 4)}`;
    return { matchFields: [{ key: 'metadata.name', operator: dice.pick(['In', 'NotIn']), values: [node] }] };
  }
  return { matchExpressions: Array.from({ length: dice.number(0, 2) }, () => nodeRequirement(dice)) };
}

function nodeRequirement(dice: Dice): object {
  const operator = dice.pick(['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt']);
  if (operator === 'Gt' || operator === 'Lt') return { key: 'size', operator, values: [String(dice.number(2, 8))] };
  const [key, values] = dice.pick([
    ['disk', ['ssd']],
    ['disk', ['ssd', 'hdd']],
    ['topology.kubernetes.io/zone', ['z0', 'z1']],
    ['topology.kubernetes.io/zone', ['z2']],
    ['size', ['3', '4', '5']],
  ] as const);
  return operator === 'In' || operator === 'NotIn' ? { key, operator, values } : { key, operator };
}

function podTerms(dice: Dice): object {
  return {
    ...dice.maybe(0.45, () => ({
      requiredDuringSchedulingIgnoredDuringExecution: Array.from({ length: dice.number(1, 2) }, () => podTerm(dice)),
    })),
    ...dice.maybe(0.65, () => ({
      preferredDuringSchedulingIgnoredDuringExecution: Array.from({ length: dice.number(1, 2) }, () => ({
        weight: dice.number(1, 100),
        podAffinityTerm: podTerm(dice),
      })),
    })),
  };
}

const podTerm = (dice: Dice): object => ({
  labelSelector: labelSelector(dice),
  topologyKey: dice.pick(keys),
  ...dice.maybe(0.3, () => ({ namespaces: dice.pick([['other'], ['default', 'other']]) })),
});

function labelSelector(dice: Dice): object {
  return dice.pick([
    { matchLabels: { app: 'a' } },
    { matchLabels: { app: 'b', tier: 'x' } },
    { matchExpressions: [{ key: 'app', operator: 'In', values: ['a', 'c'] }] },
    { matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] },
    {
      matchExpressions: [
        { key: 'tier', operator: 'Exists' },
        { key: 'app', operator: 'NotIn', values: ['b'] },
      ],
    },
    {},
  ]);
}

const softSpread = (dice: Dice): object[] => dice.some(keys, 0.5).map((key) => constraint(dice, key, 'ScheduleAnyway'));

const constraint = (dice: Dice, topologyKey: string, whenUnsatisfiable: string): object => ({
  maxSkew: dice.number(1, 3),
  topologyKey,
  whenUnsatisfiable,
  labelSelector: labelSelector(dice),
});
