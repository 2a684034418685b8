import type { Pod, PodAffinityTerm } from '@typernetes/api/core/v1';
import type { LabelSelector } from '@typernetes/machinery';

/**
 * Adds the pod's values of `matchLabelKeys` and `mismatchLabelKeys` to the label selectors beside them, so that the
 * scheduler only needs the selectors.
 */
export function mergeMatchLabelKeys({ metadata, spec }: Pod): void {
  const labels = metadata.labels ?? {};
  for (const term of affinityTerms(spec.affinity)) {
    if (!term.labelSelector) continue;
    addRequirements(term.labelSelector, { keys: term.matchLabelKeys, operator: 'In', labels });
    addRequirements(term.labelSelector, { keys: term.mismatchLabelKeys, operator: 'NotIn', labels });
  }
  for (const { labelSelector, matchLabelKeys } of spec.topologySpreadConstraints ?? []) {
    if (labelSelector) addRequirements(labelSelector, { keys: matchLabelKeys, operator: 'In', labels });
  }
}

function* affinityTerms(affinity: Pod['spec']['affinity']): Generator<PodAffinityTerm> {
  for (const side of [affinity?.podAffinity, affinity?.podAntiAffinity]) {
    yield* side?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
    for (const weighted of side?.preferredDuringSchedulingIgnoredDuringExecution ?? []) yield weighted.podAffinityTerm;
  }
}

interface Requirements {
  readonly keys: readonly string[] | undefined;
  readonly operator: 'In' | 'NotIn';
  readonly labels: Readonly<Record<string, string>>;
}

function addRequirements(selector: LabelSelector, { keys, operator, labels }: Requirements): void {
  for (const key of keys ?? []) {
    const value = labels[key];
    if (value === undefined) continue;
    selector.matchExpressions ??= [];
    selector.matchExpressions.push({ key, operator, values: [value] });
  }
}
