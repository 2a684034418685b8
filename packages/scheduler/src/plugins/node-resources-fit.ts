import type { NodeResourcesFitArgs } from '@typernetes/api/kubescheduler.config/v1';
import { DeviceClasses, extendedResourcesOf } from '../devices/device-classes.ts';
import { wakeUp } from '../framework/cluster-event.ts';
import type { SchedulerPlugin } from '../framework/plugin.ts';
import type { PluginHandle } from '../framework/plugin-handle.ts';
import { accept } from '../framework/verdict.ts';
import { type Demand, parseAmounts, podDemand, signedDemand } from '../snapshot/demand.ts';
import { resourceScore } from './resource-scoring.ts';
import { Shortages } from './shortages.ts';

/**
 * The node's free resources must hold the pod's requests; by default nodes with the greatest share left of CPU and memory score
 * best. Eviction cannot help where the node as a whole is too small.
 */
export function nodeResourcesFit(
  args: NodeResourcesFitArgs,
  { informers }: Pick<PluginHandle, 'informers'>,
): SchedulerPlugin<Demand, Demand> {
  const classes = new DeviceClasses(informers);
  const ignored = new Set(args.ignoredResources);
  const ignoredGroups = new Set(args.ignoredResourceGroups);
  const counts = (resource: string): boolean =>
    !ignored.has(resource) && !ignoredGroups.has(resource.slice(0, Math.max(0, resource.indexOf('/'))));
  /** If a node has none of a resource, devices may provide it: the dynamic resources plugin decides that. */
  const isDelegated = (resource: string, size: number): boolean =>
    size === 0 && classes.servingResource(resource) !== undefined;
  const score = resourceScore(args.scoringStrategy ?? {});
  const shortages = new Shortages({ counts, isDelegated });

  return {
    name: 'NodeResourcesFit',
    wakesOn: [
      wakeUp('AssignedPod', ['update', 'delete'], { helps: (pod, { object, old }) => releases(object, old, pod) }),
      wakeUp('Node', ['add', 'update'], {
        parts: ['allocatable'],
        helps: (pod, { object }) =>
          holds(parseAmounts(object.status?.allocatable), podDemand(pod), (name, size) => {
            return counts(name) && !isDelegated(name, size);
          }),
      }),
      wakeUp('DeviceClass', ['add', 'update'], {
        helps: (pod, { object }) => extendedResourcesOf(object).some((name) => podDemand(pod).others.has(name)),
      }),
      wakeUp('WaitingPod', ['update'], { helps: (_pod, { object, old }) => releases(object, old, object) }),
    ],
    sign: signedDemand,
    prepare: (pod) => ({ prepared: podDemand(pod) }),
    filter: (_pod, node, demand) => {
      // The frequent answer first, without making anything.
      const { allocatable, requested } = node;
      if (
        demand.others.size === 0 &&
        node.podCount < node.allowedPods &&
        (demand.cpu === 0 || demand.cpu <= allocatable.cpu - requested.cpu) &&
        (demand.memory === 0 || demand.memory <= allocatable.memory - requested.memory) &&
        (demand.ephemeralStorage === 0 ||
          demand.ephemeralStorage <= allocatable.ephemeralStorage - requested.ephemeralStorage)
      )
        return accept;
      return shortages.judge(node, demand);
    },
    prepareScore: (pod) => ({ scoring: podDemand(pod) }),
    score: (_pod, node, demand) => score(node, demand),
  };
}

/** Whether `object` requests less than `old` of something that `pod` requests; true for a deleted one. */
function releases(
  object: Parameters<typeof podDemand>[0],
  old: Parameters<typeof podDemand>[0] | undefined,
  pod: Parameters<typeof podDemand>[0],
): boolean {
  if (!old) return true;
  const [now, before, wanted] = [podDemand(object), podDemand(old), podDemand(pod)];
  if (now === before) return false;
  if (wanted.cpu > 0 && now.cpu < before.cpu) return true;
  if (wanted.memory > 0 && now.memory < before.memory) return true;
  if (wanted.ephemeralStorage > 0 && now.ephemeralStorage < before.ephemeralStorage) return true;
  return [...before.others].some(([name, amount]) => (now.others.get(name) ?? 0) < amount);
}

/** Whether a node of this size, with nothing on it, would hold the demand. */
function holds(
  size: ReturnType<typeof parseAmounts>,
  demand: Demand,
  counts: (resource: string, size: number) => boolean,
): boolean {
  return (
    demand.cpu <= size.cpu &&
    demand.memory <= size.memory &&
    demand.ephemeralStorage <= size.ephemeralStorage &&
    [...demand.others].every(([name, amount]) => {
      const has = size.others.get(name) ?? 0;
      return amount <= has || !counts(name, has);
    })
  );
}
