import { forbiddenValue, invalidValue, jsonEqual } from '@typernetes/machinery';
import type { Problems } from '../meta/field-checks.ts';
import type { Affinity, NodeAffinity, NodeSelectorTerm, PodSpec } from './v1.gen.ts';

/** Scheduling gates may be removed, never added. */
export function* gateProblems(
  { schedulingGates: next = [] }: PodSpec,
  { schedulingGates: current = [] }: PodSpec,
): Problems {
  const known = new Set(current.map(({ name }) => name));
  const added = next.map(({ name }) => name).filter((name) => !known.has(name));
  if (added.length > 0) {
    const detail = `only deletion is allowed, but found new scheduling gate '${added[0]}'`;
    yield forbiddenValue('spec.schedulingGates', detail);
  }
}

export const isGated = ({ schedulingGates }: PodSpec): boolean => (schedulingGates?.length ?? 0) > 0;

/** The scheduler has not seen a gated pod yet, so its node selection may still be narrowed, and only that. */
export function* narrowingProblems(next: PodSpec, current: PodSpec): Problems {
  if (!isGated(current)) return;
  const { nodeSelector = {} } = next;
  if (Object.entries(current.nodeSelector ?? {}).some(([key, value]) => nodeSelector[key] !== value)) {
    const detail = 'only additions to spec.nodeSelector are allowed (no mutations or deletions)';
    yield invalidValue('spec.nodeSelector', next.nodeSelector, detail);
  }
  const [after, before] = [next.affinity?.nodeAffinity, current.affinity?.nodeAffinity];
  if (before && !jsonEqual(after, before)) yield* termProblems(termsOf(after) ?? [], termsOf(before) ?? []);
}

const termsOf = (affinity: NodeAffinity | undefined): readonly NodeSelectorTerm[] | undefined =>
  affinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;

const termsPath = 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms';

/** Terms are alternatives: an additional one would widen the choice. */
function* termProblems(next: readonly NodeSelectorTerm[], current: readonly NodeSelectorTerm[]): Problems {
  if (current.length > 0 && current.length !== next.length) {
    const detail = 'no additions/deletions to non-empty NodeSelectorTerms list are allowed';
    yield invalidValue(termsPath, next.map(shown), detail);
    return;
  }
  for (const [i, term] of current.entries()) {
    const after = next[i];
    if (!after || isNarrower(after, term)) continue;
    yield invalidValue(`${termsPath}[${i}]`, shown(after), 'only additions are allowed (no mutations or deletions)');
  }
}

function isNarrower(next: NodeSelectorTerm, current: NodeSelectorTerm): boolean {
  const lists = ['matchExpressions', 'matchFields'] as const;
  // A term without requirements selects nothing.
  if (lists.every((list) => !current[list]?.length)) return lists.every((list) => !next[list]?.length);
  return lists.every((list) => {
    const before = current[list] ?? [];
    return jsonEqual((next[list] ?? []).slice(0, before.length), before);
  });
}

/** A term as upstream's messages show it: with the field names of its internal Go type. */
const shown = ({ matchExpressions, matchFields }: NodeSelectorTerm): object => ({
  MatchExpressions: requirements(matchExpressions),
  MatchFields: requirements(matchFields),
});
const requirements = (list: NodeSelectorTerm['matchExpressions']): object[] | null =>
  list?.map(({ key, operator, values }) => ({ Key: key, Operator: operator, Values: values ?? null })) ?? null;

/** The affinity of a gated pod without what may be added to it, to compare the rest. */
export function withNodeAffinityOf(next: Affinity | undefined, current: Affinity | undefined): Affinity | undefined {
  const nodeAffinity = current?.nodeAffinity;
  if (jsonEqual(next?.nodeAffinity, nodeAffinity)) return next;
  const { nodeAffinity: _added, ...others } = next ?? {};
  if (!current && Object.keys(others).length === 0) return undefined;
  return { ...others, ...(nodeAffinity ? { nodeAffinity } : {}) };
}
