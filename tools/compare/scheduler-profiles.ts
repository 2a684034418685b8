import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

type Weights = Readonly<Record<string, number>>;

/**
 * One profile per scoring plugin, so that each is compared alone, and one that combines them with v1.36's weights,
 * except those whose scores have changed: NodeResourcesBalancedAllocation, and PodTopologySpread, which rounds
 * differently since v1.23. The names are ours; the original's NodeResourcesFit does not score,
 * NodeResourcesLeastAllocated does.
 */
export const profiles: Readonly<Record<string, Weights>> = {
  'all-scores': {
    TaintToleration: 3,
    NodeAffinity: 2,
    NodeResourcesFit: 1,
    InterPodAffinity: 2,
    ImageLocality: 1,
  },
  taints: { TaintToleration: 1 },
  'node-affinity': { NodeAffinity: 1 },
  fit: { NodeResourcesFit: 1 },
  spread: { PodTopologySpread: 1 },
  'pod-affinity': { InterPodAffinity: 1 },
  balanced: { NodeResourcesBalancedAllocation: 1 },
  images: { ImageLocality: 1 },
};

/** v1.36's order: the first filter that rejects a node gives the reason. */
const filters = [
  'NodeUnschedulable',
  'NodeName',
  'TaintToleration',
  'NodeAffinity',
  'NodePorts',
  'NodeResourcesFit',
  'VolumeRestrictions',
  'VolumeBinding',
  'VolumeZone',
  'PodTopologySpread',
  'InterPodAffinity',
];

/**
 * Writes the scheduler configuration of one side; both call the same extender, which records the feasible nodes.
 * Returns the flags.
 */
export function schedulerFlags(folder: string, side: { readonly extender: string; readonly isOriginal: boolean }) {
  const every = [{ name: '*' }];
  const nameOf = (plugin: string): string =>
    side.isOriginal && plugin === 'NodeResourcesFit' ? 'NodeResourcesLeastAllocated' : plugin;
  const configuration = {
    apiVersion: `kubescheduler.config.k8s.io/${side.isOriginal ? 'v1beta1' : 'v1'}`,
    kind: 'KubeSchedulerConfiguration',
    leaderElection: { leaderElect: false },
    clientConnection: { kubeconfig: join(folder, 'kubeconfig'), qps: 5000, burst: 10_000 },
    percentageOfNodesToScore: 100,
    profiles: Object.entries(profiles).map(([schedulerName, weights]) => ({
      schedulerName,
      plugins: {
        filter: { disabled: every, enabled: filters.map((name) => ({ name })) },
        score: {
          disabled: every,
          enabled: Object.entries(weights).map(([name, weight]) => ({ name: nameOf(name), weight })),
        },
      },
    })),
    extenders: [{ urlPrefix: side.extender, filterVerb: 'filter', weight: 1, nodeCacheCapable: true }],
  };
  const file = join(folder, 'scheduler.json');
  writeFileSync(file, JSON.stringify(configuration));
  return [`--config=${file}`, ...(side.isOriginal ? ['--vmodule=generic_scheduler=10,scheduler=3'] : [])];
}
