import type { NodeResourcesFitArgs } from '@typernetes/api/kubescheduler.config/v1';
import { wakeUp } from '../framework/cluster-event.ts';
import type { SchedulerPlugin } from '../framework/plugin.ts';
import { accept, type Refusal, refuse, refuseForNow, type Verdict } from '../framework/verdict.ts';
import { type Demand, parseAmounts, podDemand } from '../snapshot/demand.ts';
import type { NodeInfo } from '../snapshot/node-info.ts';
import { resourceScore } from './resource-scoring.ts';

const tooManyPods = 'Too many pods';

/**
 * The node's free resources must hold the pod's requests; by default nodes with the greatest share left of CPU and memory score
 * best. Eviction cannot help where the node as a whole is too small.
 */
export function nodeResourcesFit(args: NodeResourcesFitArgs): SchedulerPlugin<Demand, Demand> {
  const ignored = new Set(args.ignoredResources);
  const ignoredGroups = new Set(args.ignoredResourceGroups);
  const counts = (resource: string): boolean =>
    !ignored.has(resource) && !ignoredGroups.has(resource.slice(0, Math.max(0, resource.indexOf('/'))));
  const score = resourceScore(args.scoringStrategy ?? {});

  // There are few different ones, and a pod that fits nowhere gets one from every node.
  const refusals = new Map<string, Refusal>();

  const explain = (node: NodeInfo, demand: Demand): Verdict => {
    const reasons: string[] = [];
    let resolvable = true;
    const check = (name: string, wanted: number, use: { allocatable: number; requested: number }): void => {
      if (wanted <= 0 || wanted <= use.allocatable - use.requested) return;
      reasons.push(`Insufficient ${name}`);
      if (wanted > use.allocatable) resolvable = false;
    };
    if (node.podCount + 1 > node.allowedPods) {
      reasons.push(tooManyPods);
      if (node.allowedPods === 0) resolvable = false;
    }
    const { allocatable, requested } = node;
    check('cpu', demand.cpu, { allocatable: allocatable.cpu, requested: requested.cpu });
    check('memory', demand.memory, { allocatable: allocatable.memory, requested: requested.memory });
    check('ephemeral-storage', demand.ephemeralStorage, {
      allocatable: allocatable.ephemeralStorage,
      requested: requested.ephemeralStorage,
    });
    for (const [name, wanted] of demand.others) {
      if (!counts(name)) continue;
      check(name, wanted, {
        allocatable: allocatable.others.get(name) ?? 0,
        requested: requested.others.get(name) ?? 0,
      });
    }
    if (reasons.length === 0) return accept;
    const key = `${resolvable} ${reasons.join()}`;
    let refusal = refusals.get(key);
    if (!refusal) {
      refusal = resolvable ? refuseForNow(...reasons) : refuse(...reasons);
      refusals.set(key, refusal);
    }
    return refusal;
  };

  return {
    name: 'NodeResourcesFit',
    wakesOn: [
      wakeUp('AssignedPod', ['update', 'delete'], { helps: (pod, { object, old }) => releases(object, old, pod) }),
      wakeUp('Node', ['add', 'update'], {
        parts: ['allocatable'],
        helps: (pod, { object }) => holds(parseAmounts(object.status?.allocatable), podDemand(pod), counts),
      }),
      wakeUp('WaitingPod', ['update'], { helps: (_pod, { object, old }) => releases(object, old, object) }),
    ],
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

/** Whether `object` takes less than `old` of something that `pod` asks for; one that is gone always does. */
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
function holds(size: ReturnType<typeof parseAmounts>, demand: Demand, counts: (resource: string) => boolean): boolean {
  return (
    demand.cpu <= size.cpu &&
    demand.memory <= size.memory &&
    demand.ephemeralStorage <= size.ephemeralStorage &&
    [...demand.others].every(([name, amount]) => !counts(name) || amount <= (size.others.get(name) ?? 0))
  );
}
