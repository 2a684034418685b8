import type { Dice } from './controllers-dice.ts';
import { randomPod } from './scheduler-pods.ts';
import { roomOf } from './scheduler-room.ts';

/** An object to create; what differs between the sides is added when it is sent. */
export interface Posted {
  readonly kind: 'Node' | 'Pod' | 'PersistentVolume' | 'PersistentVolumeClaim' | 'PodDisruptionBudget';
  readonly object: {
    readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: object };
    readonly spec: object;
    readonly status?: object;
  };
  /** Written to the `status` subresource afterwards. */
  readonly status?: object;
}

export const zones = ['z0', 'z1', 'z2'];
const taints = [
  { key: 'a', value: '1', effect: 'NoSchedule' },
  { key: 'b', value: '', effect: 'NoExecute' },
  { key: 'c', value: 'x', effect: 'PreferNoSchedule' },
  { key: 'd', value: 'y', effect: 'PreferNoSchedule' },
];
/** An image has the same size on every node: schedulers remember the first size they see. */
const images = [
  { names: ['registry.example/small:1'], sizeBytes: 180 * 2 ** 20 },
  { names: ['registry.example/big:1'], sizeBytes: 850 * 2 ** 20 },
  { names: ['docker.io/library/plain:latest'], sizeBytes: 60 * 2 ** 20 },
];

/** Nodes, their pods, volumes and disruption budgets. Names begin with `prefix`, so that states do not collide. */
export function randomCluster(dice: Dice, prefix: string): readonly Posted[] {
  const names = Array.from({ length: dice.number(1, 7) }, (_, i) => `${prefix}-n${i}`);
  const nodes = names.map((name) => node(dice, name));
  const room = new Map(nodes.map(({ object }) => [object.metadata.name, roomOf(object.status.allocatable)]));
  const pods = Array.from({ length: dice.number(0, 14) }, (_, i) =>
    runningPod(dice, `${prefix}-r${i}`, dice.pick(names)),
  ).filter(({ object: { spec } }) => room.get(spec.nodeName)?.take(spec) ?? false);
  const budgets = Array.from({ length: dice.number(0, 2) }, (_, i) => budget(dice, `${prefix}-b${i}`));
  return [...nodes, ...pods, ...budgets, ...randomVolumes(dice, prefix, names)];
}

function node(dice: Dice, name: string) {
  const amounts: Record<string, string> = {
    cpu: String(dice.number(1, 8)),
    memory: `${dice.number(1, 16)}Gi`,
    pods: String(dice.number(3, 12)),
    'ephemeral-storage': '10Gi',
    ...dice.maybe(0.3, () => ({ 'example.com/gpu': String(dice.number(0, 2)) })),
  };
  return {
    kind: 'Node' as const,
    object: {
      metadata: {
        name,
        labels: {
          'kubernetes.io/hostname': name,
          ...dice.maybe(0.85, () => ({ 'topology.kubernetes.io/zone': dice.pick(zones) })),
          ...dice.maybe(0.7, () => ({ disk: dice.pick(['ssd', 'hdd']) })),
          ...dice.maybe(0.6, () => ({ size: String(dice.number(1, 9)) })),
        },
      },
      spec: { taints: dice.some(taints, 0.15), ...dice.maybe(0.1, () => ({ unschedulable: true })) },
      status: {
        capacity: amounts,
        allocatable: amounts,
        conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }],
        images: dice.some(images, 0.4),
      },
    },
  };
}

function runningPod(dice: Dice, name: string, nodeName: string) {
  const { metadata, spec } = randomPod(dice, name, { plain: dice.chance(0.6) });
  const startTime = new Date(Date.UTC(2026, 0, 1, 0, dice.number(0, 5))).toISOString().replace('.000', '');
  return {
    kind: 'Pod' as const,
    object: { metadata, spec: { ...spec, nodeName } },
    status: { phase: 'Running', startTime, conditions: [{ type: 'Ready', status: 'True' }] },
  };
}

function budget(dice: Dice, name: string): Posted {
  const matchLabels = dice.pick([{ app: 'a' }, { app: 'b' }, { tier: 'x' }]);
  return {
    kind: 'PodDisruptionBudget',
    object: { metadata: { name, namespace: 'default' }, spec: { minAvailable: 1, selector: { matchLabels } } },
    status: { disruptionsAllowed: dice.number(0, 2), currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 },
  };
}

/** Claims c0 to c5: some bound, some waiting for their first consumer, some without any volume. */
function randomVolumes(dice: Dice, prefix: string, nodes: readonly string[]): Posted[] {
  const volumes = Array.from({ length: dice.number(0, 5) }, (_, i): Posted => {
    const place = dice.chance(0.5)
      ? { key: 'topology.kubernetes.io/zone', operator: 'In', values: [dice.pick(zones)] }
      : { key: 'kubernetes.io/hostname', operator: 'In', values: dice.some(nodes, 0.5).concat(nodes[0] ?? '') };
    const metadata = { name: `${prefix}-v${i}` };
    const terms = [{ matchExpressions: [place] }];
    return {
      kind: 'PersistentVolume',
      object: {
        metadata,
        spec: {
          capacity: { storage: `${dice.number(1, 4)}Gi` },
          accessModes: [dice.pick(['ReadWriteOnce', 'ReadWriteMany'])],
          storageClassName: 'late',
          persistentVolumeReclaimPolicy: 'Retain',
          local: { path: `/data/${i}` },
          nodeAffinity: { required: { nodeSelectorTerms: terms } },
        },
      },
    };
  });
  const claims = Array.from({ length: 4 }, (_, i): Posted => {
    const volume = volumes[i];
    const isBound = i < 2 && volume !== undefined && dice.chance(0.7);
    return {
      kind: 'PersistentVolumeClaim',
      object: {
        metadata: { name: `${prefix}-c${i}`, namespace: 'default' },
        spec: {
          accessModes: isBound ? (volume.object.spec as { accessModes: string[] }).accessModes : ['ReadWriteOnce'],
          storageClassName: dice.chance(0.9) || isBound ? 'late' : 'soon',
          resources: { requests: { storage: isBound ? '1Gi' : `${dice.number(1, 3)}Gi` } },
          ...(isBound ? { volumeName: volume.object.metadata.name } : {}),
        },
      },
    };
  });
  return [...volumes, ...claims];
}
