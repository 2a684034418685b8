import { type LabelOperator, type Labels, requirementMatches } from '@typernetes/machinery';
import type { Node, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, Pod } from './v1.gen.ts';

type NodeIdentity = { readonly metadata: Pick<Node['metadata'], 'name' | 'labels'> };

const operators: Readonly<Record<NodeSelectorRequirement['operator'], LabelOperator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
  Gt: 'gt',
  Lt: 'lt',
};

function allMatch(requirements: readonly NodeSelectorRequirement[] | undefined, values: Labels): boolean {
  return (requirements ?? []).every(({ key, operator, values: wanted = [] }) =>
    requirementMatches({ key, operator: operators[operator], values: wanted }, values),
  );
}

/** A term without requirements matches no node. */
export function nodeMatchesTerm(node: NodeIdentity, term: NodeSelectorTerm): boolean {
  if (!term.matchExpressions?.length && !term.matchFields?.length) return false;
  return (
    allMatch(term.matchExpressions, node.metadata.labels ?? {}) &&
    allMatch(term.matchFields, { 'metadata.name': node.metadata.name })
  );
}

/** One matching term is enough; a selector without terms matches no node. */
export function nodeMatchesSelector(node: NodeIdentity, selector: NodeSelector): boolean {
  return selector.nodeSelectorTerms.some((term) => nodeMatchesTerm(node, term));
}

/** The pod's requirements for its node: its nodeSelector and the required part of its node affinity. */
export function nodeMatchesPodRequirements(
  node: NodeIdentity,
  spec: Pick<Pod['spec'] & {}, 'nodeSelector' | 'affinity'>,
): boolean {
  const labels = node.metadata.labels ?? {};
  for (const [key, value] of Object.entries(spec.nodeSelector ?? {})) if (labels[key] !== value) return false;
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || nodeMatchesSelector(node, required);
}
