import { isPodAvailable, isPodTerminal } from '@typernetes/api';
import type { DaemonSet } from '@typernetes/api/apps/v1';
import type { Node, Pod } from '@typernetes/api/core/v1';
import { resolveIntOrPercent } from '@typernetes/machinery';
import { nodeOf, placement } from './placement.ts';

export const revisionLabel = 'controller-revision-hash';

export interface DaemonPlan {
  /** Names of nodes that lack a pod. */
  readonly create: readonly string[];
  readonly remove: readonly Pod[];
  /** Pods that have failed, told to users before they are replaced. */
  readonly failed: readonly Pod[];
}

export interface DaemonView {
  readonly daemonSet: DaemonSet;
  readonly nodes: readonly Node[];
  readonly pods: readonly Pod[];
  /** The hash of the current template. */
  readonly hash: string;
  readonly now: number;
}

export function podsByNode(pods: readonly Pod[]): Map<string, Pod[]> {
  const map = new Map<string, Pod[]>();
  for (const pod of pods) {
    const node = nodeOf(pod.spec);
    if (node) map.set(node, [...(map.get(node) ?? []), pod]);
  }
  return map;
}

const isLeaving = ({ metadata }: Pod): boolean => metadata.deletionTimestamp !== undefined;

/** First one pod on each node that wants one and none elsewhere; then, as far as the strategy allows, pods of old templates go. */
export function planDaemons(view: DaemonView): DaemonPlan {
  const { daemonSet, nodes, pods } = view;
  const plan = { create: [] as string[], remove: [] as Pod[], failed: [] as Pod[] };
  if (daemonSet.metadata.deletionTimestamp !== undefined) return plan;
  const spec = daemonSet.spec.template.spec ?? { containers: [] };
  const byNode = podsByNode(pods);
  for (const node of nodes) {
    const here = byNode.get(node.metadata.name) ?? [];
    byNode.delete(node.metadata.name);
    const { shouldRun, shouldContinue } = placement(spec, node);
    if (shouldRun && here.length === 0) plan.create.push(node.metadata.name);
    else if (shouldContinue) keepOne(here, plan);
    else plan.remove.push(...here.filter((pod) => !isLeaving(pod)));
  }
  // Pods that wait for a node that no longer exists. Those that ran there are the pod garbage collector's.
  for (const here of byNode.values()) plan.remove.push(...here.filter((pod) => !pod.spec.nodeName && !isLeaving(pod)));
  if (daemonSet.spec.updateStrategy?.type !== 'OnDelete') plan.remove.push(...outdated(view, plan.remove));
  return plan;
}

/** Keeps the oldest running pod of a node; pods that ended go, so that the next round replaces them. */
function keepOne(here: readonly Pod[], plan: { remove: Pod[]; failed: Pod[] }): void {
  const live = here.filter((pod) => !isLeaving(pod));
  const ended = live.filter(isPodTerminal);
  plan.failed.push(...ended.filter(({ status }) => status?.phase === 'Failed'));
  plan.remove.push(...ended);
  const running = live
    .filter((pod) => !isPodTerminal(pod))
    .sort(
      (a, b) =>
        Number(!a.spec.nodeName) - Number(!b.spec.nodeName) ||
        (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : 1),
    );
  plan.remove.push(...running.slice(1));
}

/** Rolling update: pods of old templates that are not available anyway, then as many others as may be unavailable. */
function outdated({ daemonSet, nodes, pods, hash, now }: DaemonView, going: readonly Pod[]): Pod[] {
  const { updateStrategy, minReadySeconds = 0, template } = daemonSet.spec;
  const wanted = nodes.filter((node) => placement(template.spec ?? { containers: [] }, node).shouldRun);
  const { maxUnavailable = 1 } = updateStrategy?.rollingUpdate ?? {};
  const limit = Math.max(1, resolveIntOrPercent(maxUnavailable, { total: wanted.length, roundUp: true }));
  const byNode = podsByNode(pods);
  const old: Pod[] = [];
  const dispensable: Pod[] = [];
  let unavailable = 0;
  for (const node of wanted) {
    const [pod] = (byNode.get(node.metadata.name) ?? []).filter((one) => !going.includes(one));
    const available = pod && !isLeaving(pod) && isPodAvailable(pod, { minReadySeconds, now });
    if (!available) unavailable++;
    if (!pod || isLeaving(pod) || pod.metadata.labels?.[revisionLabel] === hash) continue;
    (available ? old : dispensable).push(pod);
  }
  return [...dispensable, ...old.slice(0, Math.max(0, limit - unavailable))];
}
