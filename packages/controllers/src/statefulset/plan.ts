import { isPodTerminal } from '@typernetes/api';
import type { Pod, PodTemplateSpec } from '@typernetes/api/core/v1';
import type { Draft } from '@typernetes/machinery';
import { claimsOf, isStale, withRetention } from './claims.ts';
import { hasIdentity, isInRange, ordinalOf, ordinals, podName, podOf } from './identity.ts';
import { isLeaving, isRunningAndAvailable, isRunningAndReady } from './pod-states.ts';
import { outdated } from './rolling-update.ts';
import type { StatefulView } from './stateful-view.ts';

export type Step =
  | { readonly do: 'create'; readonly pod: Draft<Pod> }
  | { readonly do: 'remove'; readonly pod: Pod }
  /** Put right the labels, volumes and claims of a pod. */
  | { readonly do: 'repair'; readonly pod: Pod }
  /** Make the claims that a pod waits for. */
  | { readonly do: 'provision'; readonly pod: Pod }
  /** Set the owners of claims by the retention policy. */
  | { readonly do: 'retain'; readonly pod: Pod };

/**
 * In phases: with ordered management one step after another, else the steps of a phase concurrently; a failure ends
 * all.
 */
export interface StatefulPlan {
  readonly ordered: boolean;
  readonly replicas: readonly Step[];
  readonly condemned: readonly Step[];
  readonly outdated: readonly Pod[];
}

/**
 * Creates missing pods from the lowest ordinal up; deletes surplus ones from the highest down; then replaces old
 * templates.
 */
export function planStatefulSet(view: StatefulView): StatefulPlan {
  const { set, pods } = view;
  const ordered = set.spec.podManagementPolicy !== 'Parallel';
  if (set.metadata.deletionTimestamp !== undefined) return { ordered, replicas: [], condemned: [], outdated: [] };
  const byOrdinal = new Map(pods.map((pod) => [ordinalOf(set, pod), pod]));
  const replicas = stepsFor(ordinals(set), { ordered, next: (ordinal) => replicaSteps(view, ordinal, byOrdinal) });
  if (replicas.blocked) return { ordered, replicas: replicas.steps, condemned: [], outdated: [] };
  const extra = pods
    .filter((pod) => ordinalOf(set, pod) >= 0 && !isInRange(set, ordinalOf(set, pod)))
    .sort((a, b) => ordinalOf(set, b) - ordinalOf(set, a));
  const firstUnhealthy = firstUnhealthyOf(view, byOrdinal, extra);
  const retained = extra.filter((pod) => needsRetention(view, pod)).map((pod): Step => ({ do: 'retain', pod }));
  const condemned = stepsFor(extra, { ordered, next: (pod) => condemnedSteps(view, pod, firstUnhealthy) });
  const steps = [...retained, ...condemned.steps];
  if (condemned.blocked) return { ordered, replicas: replicas.steps, condemned: steps, outdated: [] };
  const gone = new Set(replicas.steps.filter((step) => step.do === 'remove').map(({ pod }) => pod));
  return {
    ordered,
    replicas: replicas.steps,
    condemned: steps,
    outdated: outdated(view, byOrdinal).filter((pod) => !gone.has(pod)),
  };
}

interface Outcome {
  readonly steps: readonly Step[];
  /** With ordered management nothing later may happen before this is done. */
  readonly wait: boolean;
}

function stepsFor<T>(
  items: readonly T[],
  { ordered, next }: { readonly ordered: boolean; readonly next: (item: T) => Outcome },
): { readonly steps: readonly Step[]; readonly blocked: boolean } {
  const steps: Step[] = [];
  for (const item of items) {
    const outcome = next(item);
    steps.push(...outcome.steps);
    if (ordered && outcome.wait) return { steps, blocked: true };
  }
  return { steps, blocked: false };
}

function replicaSteps(view: StatefulView, ordinal: number, byOrdinal: ReadonlyMap<number, Pod>): Outcome {
  const { set, now, claim } = view;
  const pod = byOrdinal.get(ordinal);
  if (!pod) {
    const name = podName(set, ordinal);
    const claims = claimsOf(set, name).map(({ metadata }) => claim(metadata.name ?? ''));
    if (claims.some((one) => one && isStale(set, one, name))) return { steps: [], wait: true };
    return { steps: [{ do: 'create', pod: podOf(set, { ...versionFor(view, ordinal), ordinal }) }], wait: true };
  }
  if (isPodTerminal(pod)) return { steps: isLeaving(pod) ? [] : [{ do: 'remove', pod }], wait: true };
  const steps: Step[] = [];
  const pending = pod.status?.phase === 'Pending' && !isLeaving(pod);
  if (pending && claimsOf(set, pod.metadata.name).some(({ metadata }) => !claim(metadata.name ?? '')))
    steps.push({ do: 'provision', pod });
  const wait = isLeaving(pod) || !isRunningAndAvailable(set, pod, now);
  const ordered = set.spec.podManagementPolicy !== 'Parallel';
  if ((wait && ordered) || (hasIdentity(set, pod) && !needsRetention(view, pod))) return { steps, wait };
  return { steps: [...steps, { do: 'repair', pod }], wait };
}

/** A pod below the partition, or not reached by a rolling update yet, is recreated as it was. */
function versionFor(
  { set, current, update }: StatefulView,
  ordinal: number,
): { template: PodTemplateSpec; revision: string } {
  const { type = 'RollingUpdate', rollingUpdate } = set.spec.updateStrategy ?? {};
  const place = ordinal - (set.spec.ordinals?.start ?? 0);
  const untouched = rollingUpdate ? (rollingUpdate.partition ?? 0) : (set.status?.currentReplicas ?? 0);
  const { name, template } = type === 'RollingUpdate' && place < untouched ? current : update;
  return { template, revision: name };
}

function condemnedSteps({ set, now }: StatefulView, pod: Pod, firstUnhealthy: Pod | undefined): Outcome {
  if (isLeaving(pod)) return { steps: [], wait: true };
  const ordered = set.spec.podManagementPolicy !== 'Parallel';
  if (ordered && pod !== firstUnhealthy && !isRunningAndAvailable(set, pod, now)) return { steps: [], wait: true };
  return { steps: [{ do: 'remove', pod }], wait: true };
}

/** The unhealthy pod of the lowest ordinal: it need not become healthy before it may go. */
function firstUnhealthyOf(
  { set }: StatefulView,
  byOrdinal: ReadonlyMap<number, Pod>,
  condemned: readonly Pod[],
): Pod | undefined {
  const wanted = ordinals(set).flatMap((ordinal) => byOrdinal.get(ordinal) ?? []);
  return [...wanted, ...condemned.toReversed()].find((pod) => !isRunningAndReady(pod) || isLeaving(pod));
}

function needsRetention({ set, claim }: StatefulView, pod: Pod): boolean {
  if (isLeaving(pod)) return false;
  return claimsOf(set, pod.metadata.name).some(({ metadata }) => {
    const existing = claim(metadata.name ?? '');
    return existing !== undefined && withRetention(set, pod, existing) !== undefined;
  });
}
