import type { Pod } from '@typernetes/api/core/v1';
import type { PodDisruptionBudget } from '@typernetes/api/policy/v1';
import { findCondition } from '@typernetes/machinery';
import { fitErrorMessage } from '../cycle/fit-error.ts';
import type { Candidate, Victims } from '../framework/candidate.ts';
import type { RefusedCycle } from '../framework/plugin.ts';
import { type Refusal, refuse } from '../framework/verdict.ts';
import type { NodeInfo } from '../snapshot/node-info.ts';
import { byImportance, priorityOf, selectVictims, startOf } from './victims.ts';

/** The node on which to make room, or why not. */
type PreemptionPlan =
  | { readonly candidates: readonly Candidate[] }
  /** `withdraw`: an earlier nomination means nothing any more. */
  | { readonly candidates?: undefined; readonly message: string; readonly withdraw: boolean };

interface PreemptionOptions {
  readonly budgets: readonly PodDisruptionBudget[];
  readonly minCandidateNodesPercentage: number;
  readonly minCandidateNodesAbsolute: number;
  /** Where to start among `count` nodes. */
  readonly offset: (count: number) => number;
  /** Whether we have evicted the pod with that uid: our copy of it may be older. */
  readonly isLeaving: (uid: string) => boolean;
}

const notHelpful = refuse('Preemption is not helpful for scheduling');

/** Looks for nodes where evicting pods of lower priority lets the pod in. Changes nothing. */
export function planPreemption(cycle: RefusedCycle, options: PreemptionOptions): PreemptionPlan {
  const { cluster, refusals } = cycle;
  const reason = ineligible(cycle, options.isLeaving);
  if (reason) return { message: reason, withdraw: false };
  const potential: NodeInfo[] = [];
  for (const [name, { resolvable }] of refusals) {
    const node = resolvable ? cluster.node(name) : undefined;
    if (node) potential.push(node);
  }
  const total = cluster.nodes.length;
  const tried = new Map<string, Refusal>();
  const clean: Candidate[] = [];
  const violating: Candidate[] = [];
  const { minCandidateNodesAbsolute: least, minCandidateNodesPercentage: percentage } = options;
  const wanted = Math.min(potential.length, Math.max(Math.floor((potential.length * percentage) / 100), least));
  const offset = potential.length > 0 ? options.offset(potential.length) : 0;
  for (let i = 0; i < potential.length; i++) {
    const node = potential[(offset + i) % potential.length] as NodeInfo;
    const result = makeRoom(cycle, node, options.budgets);
    if ('ok' in result) tried.set(node.name, result);
    else if (result.pods.length > 0)
      (result.violations === 0 ? clean : violating).push({ node: node.name, victims: result });
    if (clean.length > 0 && clean.length + violating.length >= wanted) break;
  }
  if (clean.length + violating.length > 0) return { candidates: [...clean, ...violating] };
  return { message: fitErrorMessage({ total, refusals: tried, others: notHelpful }), withdraw: true };
}

/** The victims on the node, or why eviction does not help; computed once for equal pods. */
function makeRoom(cycle: RefusedCycle, node: NodeInfo, budgets: readonly PodDisruptionBudget[]): Victims | Refusal {
  const { pod } = cycle;
  const ask = (): Victims | Refusal => {
    const trial = cycle.tryOut(node);
    try {
      return selectVictims(pod, trial, budgets);
    } finally {
      trial.undo();
    }
  };
  return cycle.trialsOn(node)?.answer(node, { priority: priorityOf(pod), budgets }, ask) ?? ask();
}

/** Why the pod may not preempt: it must not, or those it preempted are still leaving. */
function ineligible(
  { pod, cluster, refusals, nominatedNode: name }: RefusedCycle,
  isLeaving: PreemptionOptions['isLeaving'],
): string | undefined {
  if (pod.spec.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.';
  if (!name || refusals.get(name)?.resolvable === false) return undefined;
  for (const other of cluster.node(name)?.pods() ?? []) {
    if (priorityOf(other) < priorityOf(pod) && (isLeaving(other.metadata.uid) || leavesByPreemption(other)))
      return 'not eligible due to a terminating pod on the nominated node.';
  }
  return undefined;
}

function leavesByPreemption(pod: Pod): boolean {
  if (pod.metadata.deletionTimestamp === undefined) return false;
  const condition = findCondition(pod.status?.conditions, 'DisruptionTarget');
  return condition?.status === 'True' && condition.reason === 'PreemptionByScheduler';
}

/** Every priority counts at least this much, so that fewer victims weigh less even where priorities are negative. */
const priorityBase = 2 ** 31;

/** Smaller is better; applied in order until one candidate is left. */
const criteria: readonly ((candidate: Candidate) => number)[] = [
  ({ victims }) => victims.violations,
  ({ victims }) => priorityOf(victims.pods[0] as Pod),
  ({ victims }) => victims.pods.reduce((sum, pod) => sum + priorityOf(pod) + priorityBase, 0),
  ({ victims }) => victims.pods.length,
  ({ victims }) => -earliestStart(victims.pods),
];

/** The candidate that costs least. */
export function bestCandidate(candidates: readonly Candidate[]): Candidate {
  let left = candidates;
  for (const cost of criteria) {
    if (left.length === 1) break;
    const costs = left.map(cost);
    const least = Math.min(...costs);
    left = left.filter((_, i) => costs[i] === least);
  }
  return left[0] as Candidate;
}

/** The earliest start among the most important victims. */
function earliestStart(pods: readonly Pod[]): number {
  const [first] = [...pods].sort(byImportance);
  const highest = first ? priorityOf(first) : 0;
  return Math.min(...pods.filter((pod) => priorityOf(pod) === highest).map(startOf));
}
