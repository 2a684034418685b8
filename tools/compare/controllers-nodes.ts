import { container, type Step, type Work } from './controllers-work.ts';

const path = 'cluster:v1/nodes';
const conditions = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure', 'NetworkUnavailable'];
const key = 'node.kubernetes.io/';
const tolerations = [
  { key: `${key}not-ready`, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 1 },
  { key: `${key}unreachable`, operator: 'Exists', effect: 'NoExecute' },
  { key: `${key}memory-pressure`, operator: 'Exists' },
  { key: 'mine', value: 'x', effect: 'NoExecute' },
  { operator: 'Exists' },
];

/** A node without a kubelet whose conditions change: compares its taints, and which of its pods are evicted. */
const node: Work = (dice) => {
  const name = 'n-{namespace}';
  const say = (type: string, status: string): Step => ({
    do: 'patch',
    path: `${path}/${name}`,
    isStatus: true,
    // The original checks every five seconds.
    andWait: 6,
    body: { status: { conditions: [{ type, status, reason: 'Test', lastHeartbeatTime: '2026-01-01T00:00:00Z' }] } },
  });
  const steps: Step[] = [
    {
      do: 'post',
      path,
      body: {
        metadata: { name },
        // Keeps other pods away.
        spec: { taints: [{ key: 'alone', effect: 'NoSchedule' }], ...dice.maybe(0.2, () => ({ unschedulable: true })) },
        status: { allocatable: { pods: '0' }, conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }] },
      },
    },
    ...Array.from(
      { length: dice.number(1, 3) },
      (_, i): Step => ({
        do: 'post',
        path: 'v1/pods',
        body: {
          metadata: { name: `p${i}` },
          spec: {
            nodeName: name,
            terminationGracePeriodSeconds: 30,
            tolerations: dice.some(tolerations, 0.3),
            containers: [container('runs')],
          },
        },
      }),
    ),
  ];
  const taint = { key: 'mine', value: 'x', effect: dice.pick(['NoExecute', 'NoSchedule']) };
  const actions: readonly (() => Step)[] = [
    () => say(dice.pick(conditions), dice.pick(['True', 'False', 'Unknown'])),
    () => say(dice.pick(conditions), dice.pick(['True', 'False', 'Unknown'])),
    () => say('Ready', dice.pick(['True', 'False', 'Unknown'])),
    () => ({ do: 'patch', path: `${path}/${name}`, body: { spec: { unschedulable: dice.chance(0.5) } } }),
    () => ({ do: 'patch', path: `${path}/${name}`, body: { spec: { taints: [taint] } } }),
  ];
  for (let i = 0; i < dice.number(3, 6); i++) steps.push(dice.pick(actions)());
  if (dice.chance(0.5)) steps.push({ do: 'delete', path: `${path}/${name}` });
  return steps;
};

/** To be run alone: daemon sets would put pods on these nodes. */
export const nodeWorks = { node };
