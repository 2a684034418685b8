import type { Pod } from '@typernetes/api/core/v1';
import type { PodDisruptionBudget } from '@typernetes/api/policy/v1';
import { parseTime, selectorFromObject } from '@typernetes/machinery';
import type { Victims } from '../framework/candidate.ts';
import type { NodeTrial } from '../framework/plugin.ts';
import { type Refusal, refuse } from '../framework/verdict.ts';

export const priorityOf = (pod: Pod): number => pod.spec.priority ?? 0;

/** When the pod started; one that is not running yet counts as the youngest. */
export const startOf = (pod: Pod): number =>
  pod.status?.startTime ? parseTime(pod.status.startTime) : Number.POSITIVE_INFINITY;

/** More important first: higher priority, then running for longer. */
export const byImportance = (a: Pod, b: Pod): number => {
  const difference = priorityOf(b) - priorityOf(a);
  if (difference !== 0) return difference;
  const [left, right] = [startOf(a), startOf(b)];
  return left === right ? 0 : left - right;
};

const noVictims = refuse('No preemption victims found for incoming pod');

/**
 * The fewest and least important pods of lower priority to evict so that `pod` fits: removes all, then puts them back
 * one by one, first those whose budgets would be violated, as long as the pod still fits.
 */
export function selectVictims(pod: Pod, trial: NodeTrial, budgets: readonly PodDisruptionBudget[]): Victims | Refusal {
  const priority = priorityOf(pod);
  const potential = [...trial.node.pods()].filter((other) => priorityOf(other) < priority);
  if (potential.length === 0) return noVictims;
  for (const other of potential) trial.remove(other);
  const verdict = trial.fits();
  if (!verdict.ok) return verdict;
  potential.sort(byImportance);
  const { violating, others } = splitByBudget(potential, budgets);
  const victims: Pod[] = [];
  const giveBack = (other: Pod): boolean => {
    trial.add(other);
    if (trial.fits().ok) return true;
    trial.remove(other);
    victims.push(other);
    return false;
  };
  let violations = 0;
  for (const other of violating) if (!giveBack(other)) violations++;
  for (const other of others) giveBack(other);
  if (violating.length > 0 && others.length > 0) victims.sort(byImportance);
  return { pods: victims, violations };
}

/** Budgets are used up in the order of the pods: a pod that finds its budget empty would violate it. */
function splitByBudget(
  pods: readonly Pod[],
  budgets: readonly PodDisruptionBudget[],
): { readonly violating: readonly Pod[]; readonly others: readonly Pod[] } {
  const counted = budgets.map((budget) => ({
    budget,
    selector: selectorFromObject(budget.spec.selector),
    left: budget.status?.disruptionsAllowed ?? 0,
  }));
  const violating: Pod[] = [];
  const others: Pod[] = [];
  for (const pod of pods) {
    let violates = false;
    for (const entry of counted) {
      if (entry.budget.metadata.namespace !== pod.metadata.namespace || entry.selector.requirements.length === 0)
        continue;
      if (!entry.selector.matches(pod.metadata.labels)) continue;
      // The API server has already accounted for this disruption.
      if (entry.budget.status?.disruptedPods?.[pod.metadata.name] !== undefined) continue;
      entry.left--;
      if (entry.left < 0) violates = true;
    }
    (violates ? violating : others).push(pod);
  }
  return { violating, others };
}
