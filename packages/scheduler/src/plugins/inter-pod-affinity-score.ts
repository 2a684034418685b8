import type { Pod } from '@typernetes/api/core/v1';
import type { InterPodAffinityArgs } from '@typernetes/api/kubescheduler.config/v1';
import { maxNodeScore, type ScorePreparation } from '../framework/plugin.ts';
import { type AffinityTerm, affinityTermsOf, termMatches } from '../snapshot/affinity-terms.ts';
import type { ClusterView } from '../snapshot/cluster-snapshot.ts';
import type { DomainCounts } from '../snapshot/pod-count.ts';
import { termMatcher } from './term-matcher.ts';

/** By topology key and value: the weight of the pods there for this pod. */
export interface AffinityScoring {
  readonly topologies: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

/**
 * Adds up the preferred terms of both sides: of the pod towards those on nodes, and of those on nodes towards the pod, where
 * their required affinity counts with `hardPodAffinityWeight`.
 */
export function prepareAffinityScore(
  pod: Pod,
  cluster: ClusterView,
  args: InterPodAffinityArgs,
): ScorePreparation<AffinityScoring> {
  const topologies = new Map<string, Map<string, number>>();
  const add = (key: string, counts: DomainCounts, weight: number): void => {
    if (weight === 0 || counts.size === 0) return;
    let weights = topologies.get(key);
    if (!weights) {
      weights = new Map();
      topologies.set(key, weights);
    }
    for (const [value, count] of counts) weights.set(value, (weights.get(value) ?? 0) + count * weight);
  };
  const own = (terms: readonly AffinityTerm[], sign: 1 | -1): void => {
    for (const term of terms) {
      const counts = cluster.pods.selected(termMatcher(term, cluster)).inDomains(term.topologyKey);
      add(term.topologyKey, counts, sign * term.weight);
    }
  };
  const { preferred, preferredAnti } = affinityTermsOf(pod);
  own(preferred, 1);
  own(preferredAnti, -1);
  const hard = args.hardPodAffinityWeight ?? 1;
  const labels = cluster.namespaceLabels(pod.metadata.namespace ?? '');
  const ignoresOthers = args.ignorePreferredTermsOfExistingPods && preferred.length === 0 && preferredAnti.length === 0;
  if (!ignoresOthers) {
    for (const [kind, sign] of [
      ['preferred', 1],
      ['preferredAnti', -1],
    ] as const) {
      for (const { term, count } of cluster.pods.carriers(kind)) {
        if (termMatches(term, pod, labels))
          add(term.topologyKey, count.inDomains(term.topologyKey), sign * term.weight);
      }
    }
    if (hard > 0) {
      for (const { term, count } of cluster.pods.carriers('required')) {
        if (termMatches(term, pod, labels)) add(term.topologyKey, count.inDomains(term.topologyKey), hard);
      }
    }
  }
  return topologies.size === 0 ? { skip: true } : { scoring: { topologies } };
}

/** Spreads the scores, which may be negative, over 0 to 100. */
export function normalizeAffinity(scores: number[]): void {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const score of scores) {
    if (score < min) min = score;
    if (score > max) max = score;
  }
  const range = max - min;
  for (let i = 0; i < scores.length; i++)
    scores[i] = range > 0 ? Math.floor((maxNodeScore * ((scores[i] as number) - min)) / range) : 0;
}
