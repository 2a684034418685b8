import type { NodeAffinity } from '@typernetes/api/core/v1';
import type {
  DefaultPreemptionArgs,
  DynamicResourcesArgs,
  InterPodAffinityArgs,
  NodeResourcesBalancedAllocationArgs,
  NodeResourcesFitArgs,
  PodTopologySpreadArgs,
  VolumeBindingArgs,
} from '@typernetes/api/kubescheduler.config/v1';
import type { SchedulerPlugin } from '../framework/plugin.ts';
import type { PluginHandle } from '../framework/plugin-handle.ts';
import { defaultBinder } from './default-binder.ts';
import { defaultConstraints } from './default-constraints.ts';
import { defaultPreemption } from './default-preemption.ts';
import { DynamicResources } from './dynamic-resources.ts';
import { imageLocality } from './image-locality.ts';
import { interPodAffinity } from './inter-pod-affinity.ts';
import { nodeAffinity } from './node-affinity.ts';
import { nodeDeclaredFeatures } from './node-declared-features.ts';
import { nodeName } from './node-name.ts';
import { nodePorts } from './node-ports.ts';
import { balancedAllocation } from './node-resources-balanced-allocation.ts';
import { nodeResourcesFit } from './node-resources-fit.ts';
import { nodeUnschedulable } from './node-unschedulable.ts';
import { nodeVolumeLimits } from './node-volume-limits.ts';
import { podTopologySpread } from './pod-topology-spread.ts';
import { prioritySort } from './priority-sort.ts';
import { schedulingGates } from './scheduling-gates.ts';
import { taintToleration } from './taint-toleration.ts';
import { volumeBinding } from './volume-binding.ts';
import { volumeRestrictions } from './volume-restrictions.ts';
import { volumeZone } from './volume-zone.ts';

/** The arguments of plugins, by plugin name, as a profile's `pluginConfig` gives them. */
export type PluginArgs = Readonly<Record<string, object | undefined>>;

/** A plugin that can be made, with the weight of its score in the default profile. */
export interface PluginEntry {
  readonly name: string;
  readonly weight: number;
  make(args: PluginArgs, handle: PluginHandle): SchedulerPlugin;
}

const ready = (plugin: SchedulerPlugin, weight = 0): PluginEntry => ({ name: plugin.name, weight, make: () => plugin });

const made = <Args extends object>(
  name: string,
  weight: number,
  make: (args: Partial<Args>, handle: PluginHandle) => SchedulerPlugin,
): PluginEntry => ({ name, weight, make: (args, handle) => make((args[name] ?? {}) as Partial<Args>, handle) });

/** The default profile's plugins in upstream's order and with upstream's weights. */
export const pluginEntries: readonly PluginEntry[] = [
  ready(schedulingGates),
  ready(prioritySort),
  ready(nodeUnschedulable),
  ready(nodeName),
  ready(taintToleration, 3),
  made<{ addedAffinity: NodeAffinity }>('NodeAffinity', 2, ({ addedAffinity }) => nodeAffinity(addedAffinity)),
  ready(nodePorts),
  made<NodeResourcesFitArgs>('NodeResourcesFit', 1, nodeResourcesFit),
  made('VolumeRestrictions', 0, (_args, handle) => volumeRestrictions(handle)),
  made('NodeVolumeLimits', 0, (_args, handle) => nodeVolumeLimits(handle)),
  made<VolumeBindingArgs>('VolumeBinding', 0, volumeBinding),
  made('VolumeZone', 0, (_args, handle) => volumeZone(handle)),
  made<PodTopologySpreadArgs>('PodTopologySpread', 2, (args, { informers }) =>
    podTopologySpread(defaultConstraints(args, informers)),
  ),
  made<InterPodAffinityArgs>('InterPodAffinity', 2, (args) =>
    interPodAffinity({ ignorePreferredTermsOfExistingPods: false, ...args }),
  ),
  made<DynamicResourcesArgs>('DynamicResources', 1, (args, handle) => new DynamicResources(args, handle)),
  ready(nodeDeclaredFeatures as SchedulerPlugin),
  made<DefaultPreemptionArgs>('DefaultPreemption', 0, (args, handle) => defaultPreemption(args, handle)),
  made<NodeResourcesBalancedAllocationArgs>('NodeResourcesBalancedAllocation', 1, balancedAllocation),
  ready(imageLocality, 1),
  made('DefaultBinder', 0, (_args, handle) => defaultBinder(handle)),
];
