import { isPodAvailable, isPodTerminal } from '@typernetes/api';
import type { Node, Pod, PodTemplateSpec } from '@typernetes/api/core/v1';
import { resolveIntOrPercent } from '@typernetes/machinery';
import { placement } from './placement.ts';
import { surge, surplusWhileSurging } from './surge.ts';
import { type DaemonView, isLeaving, isOlder, podsByNode, revisionLabel } from './view.ts';

export interface DaemonPlan {
  /** Names of nodes that lack a pod. */
  readonly create: readonly string[];
  readonly remove: readonly Pod[];
  /** Those to delete that have failed or ended: users get an event before they are replaced. */
  readonly failed: readonly Pod[];
  readonly succeeded: readonly Pod[];
  /** Names of nodes whose failed pods are not replaced yet. */
  readonly held: readonly string[];
}

type Draft = { -readonly [Field in keyof DaemonPlan]: DaemonPlan[Field] extends readonly (infer Of)[] ? Of[] : never };

/**
 * First one pod on each node that should have one and none elsewhere; then, as far as the strategy allows, deletes pods
 * of old templates.
 */
export function planDaemons(view: DaemonView): DaemonPlan {
  const { daemonSet, nodes, pods } = view;
  const plan: Draft = { create: [], remove: [], failed: [], succeeded: [], held: [] };
  if (daemonSet.metadata.deletionTimestamp !== undefined) return plan;
  const spec = daemonSet.spec.template.spec ?? { containers: [] };
  const byNode = podsByNode(pods);
  const maxSurge = surgeOf(view);
  for (const node of nodes) {
    const { name } = node.metadata;
    const here = byNode.get(name) ?? [];
    byNode.delete(name);
    const { shouldRun, shouldContinue } = placement(spec, node);
    if (shouldRun && here.length === 0) plan.create.push(name);
    else if (shouldContinue) {
      const running = withoutEnded(here, { view, name, plan });
      plan.remove.push(...(maxSurge > 0 ? surplusWhileSurging(running, view) : [...running].sort(isOlder).slice(1)));
      if (maxSurge > 0 && shouldRun && running.length === 0) plan.create.push(name);
    } else plan.remove.push(...here.filter((pod) => !isLeaving(pod)));
  }
  // Pods that wait for a node that no longer exists. Those that ran there are the pod garbage collector's.
  for (const here of byNode.values()) plan.remove.push(...here.filter((pod) => !pod.spec.nodeName && !isLeaving(pod)));
  if (daemonSet.spec.updateStrategy?.type === 'OnDelete') return plan;
  if (maxSurge > 0) plan.create.push(...surge(view, maxSurge, plan.remove));
  else plan.remove.push(...outdated(view, plan.remove));
  return plan;
}

/**
 * The node's pods that are neither being deleted nor ended. Ended ones are deleted, so that the next round replaces
 * them.
 */
function withoutEnded(
  here: readonly Pod[],
  { view, name, plan }: { view: DaemonView; name: string; plan: Draft },
): readonly Pod[] {
  const live = here.filter((pod) => !isLeaving(pod));
  const failed = live.filter(({ status }) => status?.phase === 'Failed');
  const succeeded = live.filter(({ status }) => status?.phase === 'Succeeded');
  if (failed.length > 0 && view.isHeldBack?.(name)) plan.held.push(name);
  else {
    plan.failed.push(...failed);
    plan.remove.push(...failed);
  }
  plan.succeeded.push(...succeeded);
  plan.remove.push(...succeeded);
  return live.filter((pod) => !isPodTerminal(pod));
}

/** On how many nodes an update may have two pods; 0 if the old one is deleted first. */
function surgeOf({ daemonSet, nodes }: DaemonView): number {
  const { updateStrategy, template } = daemonSet.spec;
  const { maxSurge = 0 } = updateStrategy?.rollingUpdate ?? {};
  if (maxSurge === 0 || updateStrategy?.type === 'OnDelete') return 0;
  return resolveIntOrPercent(maxSurge, { total: wantedOf(nodes, template).length, roundUp: true });
}

const wantedOf = (nodes: readonly Node[], { spec }: PodTemplateSpec): readonly Node[] =>
  nodes.filter((node) => placement(spec ?? { containers: [] }, node).shouldRun);

/** Rolling update: pods of old templates that are not available anyway, then as many others as may be unavailable. */
function outdated({ daemonSet, nodes, pods, hash, now }: DaemonView, going: readonly Pod[]): Pod[] {
  const { updateStrategy, minReadySeconds = 0, template } = daemonSet.spec;
  const wanted = wantedOf(nodes, template);
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
