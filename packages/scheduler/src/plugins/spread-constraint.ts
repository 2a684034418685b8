import { nodeMatchesPodRequirements, untoleratedTaint } from '@typernetes/api';
import type { Pod, TopologySpreadConstraint } from '@typernetes/api/core/v1';
import { type Selector, selectorFromObject, selectorOf } from '@typernetes/machinery';
import type { NodeInfo } from '../snapshot/node-info.ts';
import type { PodMatcher } from '../snapshot/pod-count.ts';

/** A parsed topology spread constraint. */
export interface SpreadConstraint {
  readonly topologyKey: string;
  readonly maxSkew: number;
  readonly minDomains: number;
  /** The pods that are spread: those of the pod's namespace that the selector selects and that are not being deleted. */
  readonly matcher: PodMatcher;
  /** Whether the pod itself matches the selector. */
  readonly matchesSelf: boolean;
  readonly honorsAffinity: boolean;
  readonly honorsTaints: boolean;
}

const templates = new Map<string, readonly SpreadConstraint[]>();
const maxTemplates = 2000;

/** The pod's own constraints of one kind. Pods of one template share them. */
export function constraintsOf(pod: Pod, kind: 'DoNotSchedule' | 'ScheduleAnyway'): readonly SpreadConstraint[] {
  const all = pod.spec.topologySpreadConstraints ?? [];
  const wanted = all.filter((constraint) => constraint.whenUnsatisfiable === kind);
  if (wanted.length === 0) return wanted as never[];
  const key = JSON.stringify([pod.metadata.namespace, pod.metadata.labels, wanted]);
  let constraints = templates.get(key);
  if (!constraints) {
    constraints = wanted.map((constraint) => parseConstraint(constraint, pod, selectorFor(constraint, pod)));
    if (templates.size >= maxTemplates) templates.clear();
    templates.set(key, constraints);
  }
  return constraints;
}

/** A constraint with another selector: that of the pod's controller. */
export function parseConstraint(
  constraint: TopologySpreadConstraint,
  pod: Pod,
  { selector, text }: { readonly selector: Selector; readonly text: string },
): SpreadConstraint {
  const namespace = pod.metadata.namespace ?? '';
  return {
    topologyKey: constraint.topologyKey,
    maxSkew: constraint.maxSkew,
    minDomains: constraint.minDomains ?? 1,
    matcher: {
      key: `spread ${namespace} ${text}`,
      matches: (other) =>
        other.metadata.namespace === namespace &&
        other.metadata.deletionTimestamp === undefined &&
        selector.matches(other.metadata.labels),
    },
    matchesSelf: selector.matches(pod.metadata.labels),
    honorsAffinity: constraint.nodeAffinityPolicy !== 'Ignore',
    honorsTaints: constraint.nodeTaintsPolicy === 'Honor',
  };
}

function selectorFor({ labelSelector, matchLabelKeys }: TopologySpreadConstraint, pod: Pod) {
  const base = selectorFromObject(labelSelector);
  const labels = pod.metadata.labels ?? {};
  const added = (matchLabelKeys ?? []).flatMap((key) =>
    labels[key] === undefined ? [] : [{ key, operator: 'in' as const, values: [labels[key]] }],
  );
  const selector = added.length > 0 && labelSelector ? selectorOf([...base.requirements, ...added]) : base;
  return { selector, text: labelSelector ? selector.toString() : '<none>' };
}

/** Whether the constraint looks at the node at all, by its policies. */
export function includes(constraint: SpreadConstraint, pod: Pod, node: NodeInfo): boolean {
  if (constraint.honorsAffinity && !nodeMatchesPodRequirements(node.node, pod.spec)) return false;
  return !(constraint.honorsTaints && untoleratedTaint(node.taints, pod.spec.tolerations));
}

/** Whether the constraint looks at all nodes, whatever they are: its counts are then the index's. */
export function includesAll(constraint: SpreadConstraint, { spec }: Pod): boolean {
  const selective =
    spec.nodeSelector !== undefined || spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return !constraint.honorsTaints && !(constraint.honorsAffinity && selective);
}
