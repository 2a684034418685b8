import { isPodTerminal } from '@typernetes/api';
import type { Node, Pod } from '@typernetes/api/core/v1';
import type { Nominations } from './cycle/cycle.ts';
import type { Place } from './queue/scheduling-queue.ts';
import type { Amounts } from './snapshot/demand.ts';
import type { NodeInfo } from './snapshot/node-info.ts';

/** The scheduler's state. */
interface SchedulerSight {
  readonly nodes: readonly NodeInfo[];
  readonly nominations: Pick<Nominations, 'on'>;
  /** Pods that wait for a node, and in which part of the queue. */
  readonly waiting: readonly { readonly pod: Pod; readonly place: Place }[];
}

/** Nodes with their pods and requests, and the queue, in the format that upstream's scheduler logs on SIGUSR2. */
export function cacheDump({ nodes, nominations, waiting }: SchedulerSight): {
  readonly nodes: string;
  readonly summary: string;
  readonly pods: string;
} {
  const count = (...places: Place[]): number => waiting.filter(({ place }) => places.includes(place)).length;
  return {
    nodes: nodes.map((node) => nodeText(node, nominations.on(node.name))).join('\n\n\n'),
    summary: `activeQ:${count('active')}; backoffQ:${count('backoff')}; unschedulablePods:${count('unschedulable', 'gated')}`,
    pods: waiting.map(({ pod }) => podText(pod)).join('\n'),
  };
}

function nodeText(node: NodeInfo, nominated: readonly Pod[]): string {
  const pods = [...node.pods()];
  return [
    `Node name: ${node.name}`,
    'Deleted: false',
    `Requested Resources: ${amountsText(node.requested, 0)}`,
    `Allocatable Resources: ${amountsText(node.allocatable, node.allowedPods)}`,
    `Scheduled Pods(number: ${pods.length}):`,
    ...pods.map(podText),
    ...(nominated.length > 0 ? [`Nominated Pods(number: ${nominated.length}):`, ...nominated.map(podText)] : []),
  ].join('\n');
}

function amountsText({ cpu, memory, ephemeralStorage, others }: Amounts, pods: number): string {
  // The limit of pods is separate.
  const scalars = [...others]
    .filter(([name]) => name !== 'pods')
    .sort()
    .map(([name, amount]) => `${name}:${amount}`);
  return `{MilliCPU:${cpu} Memory:${memory} EphemeralStorage:${ephemeralStorage} AllowedPodNumber:${pods} ScalarResources:map[${scalars.join(' ')}]}`;
}

function podText({ metadata: { name, namespace, uid }, status }: Pod): string {
  return `name: ${name}, namespace: ${namespace}, uid: ${uid}, phase: ${status?.phase ?? ''}, nominated node: ${status?.nominatedNodeName ?? ''}`;
}

/** Missing and redundant entries of the scheduler's state: names of nodes, UIDs of pods. */
interface CacheMismatch {
  readonly missedNodes: readonly string[];
  readonly redundantNodes: readonly string[];
  readonly missedPods: readonly string[];
  readonly redundantPods: readonly string[];
}

/**
 * Compares with the API's objects. Pods that have ended, or belong to another scheduler, do not count; `isOurs` tells.
 */
export function cacheMismatch(
  sight: SchedulerSight,
  api: { readonly nodes: readonly Node[]; readonly pods: readonly Pod[]; isOurs(pod: Pod): boolean },
): CacheMismatch {
  const known = new Set(sight.nodes.map(({ name }) => name));
  // A pod may be on a node that was not observed yet.
  const concerns = (pod: Pod): boolean =>
    !isPodTerminal(pod) && (pod.spec.nodeName ? known.has(pod.spec.nodeName) : api.isOurs(pod));
  const cached = [...sight.nodes.flatMap((node) => [...node.pods()]), ...sight.waiting.map(({ pod }) => pod)];
  const [missedNodes, redundantNodes] = apart(
    api.nodes.map(({ metadata }) => metadata.name),
    [...known],
  );
  const uids = (pods: readonly Pod[]): string[] => pods.map(({ metadata }) => metadata.uid);
  const [missedPods, redundantPods] = apart(uids(api.pods.filter(concerns)), uids(cached));
  return { missedNodes, redundantNodes, missedPods, redundantPods };
}

/** What is only in the left list, and what is only in the right one, sorted. */
function apart(left: readonly string[], right: readonly string[]): [string[], string[]] {
  const [ofLeft, ofRight] = [new Set(left), new Set(right)];
  return [[...ofLeft.difference(ofRight)].sort(), [...ofRight.difference(ofLeft)].sort()];
}
