import type { Pod } from '@typernetes/api/core/v1';
import type { NodeInfo } from '../snapshot/node-info.ts';
import type { ClusterEvent } from './cluster-event.ts';

/** A plugin's word on one node. `resolvable` says whether evicting pods from the node could change it (for preemption). */
export type Verdict =
  | { readonly ok: true }
  | { readonly ok: false; readonly reasons: readonly string[]; readonly resolvable: boolean };

export const accept: Verdict = { ok: true };

/** The node is not for this pod, and no eviction would change that. */
export const refuse = (...reasons: string[]): Verdict => ({ ok: false, reasons, resolvable: false });

/** The node is not for this pod as long as the pods on it stay. */
export const refuseForNow = (...reasons: string[]): Verdict => ({ ok: false, reasons, resolvable: true });

/**
 * One concern of scheduling, as optional functions at the framework's points (names and order are upstream's). Filters and
 * scores are pure: what they need from the pod alone is computed once in `prepare` and handed to every node's call.
 */
export interface SchedulerPlugin<Prepared = unknown> {
  readonly name: string;
  /** Which changes of the cluster may make a pod schedulable that this plugin refused; `wakes` narrows by the pod. */
  readonly wakesOn: readonly ClusterEvent['type'][];
  wakes?(pod: Pod, event: ClusterEvent): boolean;
  /** preEnqueue: a reason to keep the pod out of the queue, or undefined. */
  gate?(pod: Pod): string | undefined;
  /** preFilter: computed once per pod and cycle. `skip` leaves the plugin's filter out; `only` names the sole candidates. */
  prepare?(pod: Pod): { readonly prepared?: Prepared; readonly skip?: boolean; readonly only?: ReadonlySet<string> };
  filter?(pod: Pod, node: NodeInfo, prepared: Prepared): Verdict;
  /** preScore: false leaves the plugin's score out for this pod. */
  wantsScore?(pod: Pod, prepared: Prepared): boolean;
  /** 0 to 100 after `normalize`; without one, the raw score must lie there already. */
  score?(pod: Pod, node: NodeInfo, prepared: Prepared): number;
  normalize?(scores: number[]): void;
}

/** A plugin with the weight of its score. */
export interface WeightedPlugin {
  readonly plugin: SchedulerPlugin;
  readonly weight: number;
}

export const maxNodeScore = 100;

/** Scales scores so that the greatest becomes 100; `reverse` turns them around (fewest is best). */
export function normalizeToMax(scores: number[], reverse: boolean): void {
  const max = Math.max(0, ...scores);
  for (const [i, score] of scores.entries()) {
    if (max === 0) scores[i] = reverse ? maxNodeScore : score;
    else {
      const scaled = Math.floor((score * maxNodeScore) / max);
      scores[i] = reverse ? maxNodeScore - scaled : scaled;
    }
  }
}
