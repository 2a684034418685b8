import type { Pod } from '@typernetes/api/core/v1';
import { findCondition } from '@typernetes/machinery';

/** A scheduler's decision about a pod. */
export interface Outcome {
  /** Undefined if it was not bound. */
  readonly node: string | undefined;
  /** The nodes that passed the filters; not recorded if none did. */
  readonly feasible: readonly string[] | undefined;
  /** Why not, with the number of nodes per reason. */
  readonly reasons: Readonly<Record<string, number>>;
  readonly message: string;
  readonly nominated: string | undefined;
  readonly victims: readonly string[];
  /** The volume of each claim. */
  readonly volumes: Readonly<Record<string, string>>;
  /** The total score of each node; of the original only. */
  readonly scores: ReadonlyMap<string, number> | undefined;
}

export interface Observed extends Pick<Outcome, 'feasible' | 'victims' | 'volumes' | 'scores'> {
  readonly pod: Pod | undefined;
}

export function outcomeOf({ pod, ...observed }: Observed): Outcome {
  const message = findCondition(pod?.status?.conditions, 'PodScheduled')?.message ?? (pod ? '' : 'no answer');
  return {
    ...observed,
    feasible: observed.feasible && [...observed.feasible].sort(),
    victims: [...observed.victims].sort(),
    node: pod?.spec.nodeName,
    nominated: pod?.status?.nominatedNodeName,
    message,
    reasons: reasonsOf(message),
  };
}

/** Messages of the original, and what v1.36 says instead. */
const renamed: readonly (readonly [original: RegExp, now: string])[] = [
  [/^node\(s\) had taint \{.*\}, that the pod didn't tolerate$/, 'node(s) had untolerated taint(s)'],
  [/^node\(s\) didn't match node selector$/, "node(s) didn't match Pod's node affinity/selector"],
  [/^node\(s\) didn't match Pod's node affinity$/, "node(s) didn't match Pod's node affinity/selector"],
  [/^node\(s\) had volume node affinity conflict$/, "node(s) didn't match PersistentVolume's node affinity"],
];
/** v1.36 reports which plugin excluded the nodes that a pod's affinity does not name. */
const leftOut = "node(s) didn't satisfy plugin(s) [NodeAffinity]";
/** Reasons that the original adds, without nodes of their own. */
const dropped = new Set([
  "node(s) didn't match pod affinity/anti-affinity",
  "node(s) didn't match pod affinity/anti-affinity rules",
]);

/**
 * Parses `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable.` into counts; a v1.36 message
 * about all nodes counts for each.
 */
export function reasonsOf(message: string): Record<string, number> {
  // What DynamicResources and preemption append since v1.34 is not about nodes.
  const [, total = '', body = ''] =
    /^\d+\/(\d+) nodes are available: (.*?)\.?( no new claims to deallocate,| not found)?( preemption: .*)?$/.exec(
      message,
    ) ?? [];
  const counts: Record<string, number> = {};
  for (const part of body.split(/, (?=\d+ )/)) {
    const [, count, reason = ''] = /^(?:(\d+) )?(.*)$/.exec(part) ?? [];
    const now = renamed.find(([original]) => original.test(reason))?.[1] ?? reason;
    if (now === '' || dropped.has(now)) continue;
    counts[now] = (counts[now] ?? 0) + Number(count ?? total);
  }
  return counts;
}

/** The differences of two outcomes, in words; empty if there are none. */
export function differences([original, ours]: readonly [original: Outcome, ours: Outcome], profile: string): string[] {
  const found: string[] = [];
  const compare = (what: string, a: unknown, b: unknown): void => {
    const [left, right] = [canonical(a), canonical(b)];
    if (left !== right) found.push(`${what}: original ${left}, ours ${right}`);
  };
  compare('bound', original.node !== undefined, ours.node !== undefined);
  // Bound to the node on which it had preempted: since v1.22 that node is tried alone, and a bound pod is no longer
  // nominated.
  if (original.node !== undefined && original.nominated !== undefined) return found;
  compare('feasible', original.feasible, ours.feasible);
  const isComparable = original.node === undefined && ours.node === undefined && !(leftOut in ours.reasons);
  if (isComparable) compare('reasons', original.reasons, ours.reasons);
  compare('nominated', original.nominated, ours.nominated);
  if (original.nominated === ours.nominated) compare('victims', original.victims, ours.victims);
  if (original.node !== undefined && original.node === ours.node) compare('volumes', original.volumes, ours.volumes);
  const { scores = new Map<string, number>() } = original;
  if (ours.node && scores.size > 0) {
    const best = Math.max(...scores.values());
    const chosen = scores.get(ours.node) ?? Number.NaN;
    // v1.36 calculates differently: with actual requests instead of defaults for pods without any, and with the
    // standard deviation.
    if (chosen !== best && profile !== 'balanced')
      found.push(`score: ours took ${ours.node} with ${chosen} of ${canonical([...scores].sort())}`);
  }
  return found;
}

const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  ) ?? 'none';
