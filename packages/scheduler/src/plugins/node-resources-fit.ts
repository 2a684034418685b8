import type { NodeResourcesFitArgs } from '@typernetes/api/kubescheduler.config/v1';
import { DeviceClasses, extendedResourcesOf } from '../devices/device-classes.ts';
import { wakeUp } from '../framework/cluster-event.ts';
import type { SchedulerPlugin } from '../framework/plugin.ts';
import type { PluginHandle } from '../framework/plugin-handle.ts';
import { accept, type Refusal, refuse, refuseForNow, type Verdict } from '../framework/verdict.ts';
import { type Demand, parseAmounts, podDemand, signedDemand } from '../snapshot/demand.ts';
import type { NodeInfo } from '../snapshot/node-info.ts';
import { resourceScore } from './resource-scoring.ts';

/** In the order of their bits. */
const lacking = ['Too many pods', 'Insufficient cpu', 'Insufficient memory', 'Insufficient ephemeral-storage'];

function namesOf(lacks: number): string[] {
  return lacking.filter((_, bit) => lacks & (1 << bit));
}

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

  // There are few different ones, and a pod that fits nowhere gets one from every node: cache the texts.
  const refusals = new Map<string | number, Refusal>();
  const refusalFor = (lacks: readonly string[], key: string | number, resolvable: boolean): Refusal => {
    let refusal = refusals.get(key);
    if (!refusal) {
      refusal = resolvable ? refuseForNow(...lacks) : refuse(...lacks);
      refusals.set(key, refusal);
    }
    return refusal;
  };

  const explain = (node: NodeInfo, demand: Demand): Verdict => {
    const { allocatable, requested } = node;
    let lacks = 0;
    let resolvable = true;
    if (node.podCount + 1 > node.allowedPods) {
      lacks |= 1;
      if (node.allowedPods === 0) resolvable = false;
    }
    if (demand.cpu > 0 && demand.cpu > allocatable.cpu - requested.cpu) {
      lacks |= 2;
      if (demand.cpu > allocatable.cpu) resolvable = false;
    }
    if (demand.memory > 0 && demand.memory > allocatable.memory - requested.memory) {
      lacks |= 4;
      if (demand.memory > allocatable.memory) resolvable = false;
    }
    const storage = demand.ephemeralStorage;
    if (storage > 0 && storage > allocatable.ephemeralStorage - requested.ephemeralStorage) {
      lacks |= 8;
      if (storage > allocatable.ephemeralStorage) resolvable = false;
    }
    if (demand.others.size === 0) {
      if (lacks === 0) return accept;
      const key = resolvable ? lacks : -lacks;
      return refusals.get(key) ?? refusalFor(namesOf(lacks), key, resolvable);
    }
    const names = namesOf(lacks);
    for (const [name, wanted] of demand.others) {
      const size = allocatable.others.get(name) ?? 0;
      if (!counts(name) || wanted <= 0 || wanted <= size - (requested.others.get(name) ?? 0)) continue;
      if (isDelegated(name, size)) continue;
      names.push(`Insufficient ${name}`);
      if (wanted > size) resolvable = false;
    }
    return names.length === 0 ? accept : refusalFor(names, `${resolvable} ${names.join()}`, resolvable);
  };

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
      return explain(node, demand);
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
