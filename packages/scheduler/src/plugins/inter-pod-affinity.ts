import type { Pod } from '@typernetes/api/core/v1';
import type { InterPodAffinityArgs } from '@typernetes/api/kubescheduler.config/v1';
import { jsonEqual } from '@typernetes/machinery';
import { wakeUp } from '../framework/cluster-event.ts';
import type { SchedulerPlugin, Supposition } from '../framework/plugin.ts';
import { accept, refuse, refuseForNow } from '../framework/verdict.ts';
import { type AffinityTerm, affinityTermsOf, type PodAffinityTerms, termMatches } from '../snapshot/affinity-terms.ts';
import type { ClusterView } from '../snapshot/cluster-snapshot.ts';
import type { NodeInfo } from '../snapshot/node-info.ts';
import { SupposedCounts } from '../snapshot/supposed-counts.ts';
import { type AffinityScoring, normalizeAffinity, prepareAffinityScore } from './inter-pod-affinity-score.ts';
import { allTermsMatcher, termMatcher } from './term-matcher.ts';

const refusedAffinity = refuse("node(s) didn't match pod affinity rules");
const refusedAnti = refuseForNow("node(s) didn't match pod anti-affinity rules");
const refusedByOthers = refuseForNow("node(s) didn't satisfy existing pods anti-affinity rules");

/** Pods of the cluster that matter to one term, by the values of the term's topology key. */
interface TermCounts {
  readonly term: AffinityTerm;
  readonly counts: SupposedCounts;
  /** Whether `other` is among the counted pods. */
  readonly includes: (other: Pod) => boolean;
}

interface Prepared {
  /** The pod's own required terms: all of them have to be met by the same other pods. */
  readonly affinity: readonly TermCounts[];
  readonly anti: readonly TermCounts[];
  /** Required anti-affinity terms of pods on nodes that forbid this pod; by term. */
  readonly others: Map<string, TermCounts>;
  /** Whether the pod itself would meet its own affinity: the first of a group may go anywhere. */
  readonly meetsItself: boolean;
  readonly labels: ReturnType<ClusterView['namespaceLabels']>;
}

/**
 * Required affinity and anti-affinity towards other pods, and theirs towards this one; preferred terms of both sides score. The
 * counts come from the index of the snapshot, so that no cycle walks over pods.
 */
export function interPodAffinity(args: InterPodAffinityArgs): SchedulerPlugin<Prepared, AffinityScoring> {
  return {
    name: 'InterPodAffinity',
    wakesOn: [
      wakeUp('AssignedPod', ['add', 'update', 'delete'], {
        helps: (pod, { action, object, old }) =>
          concerns(pod, object, action) || (!!old && concerns(pod, old, 'delete')),
      }),
      wakeUp('WaitingPod', ['update'], {
        helps: (_pod, { object, old }) => !jsonEqual(object.metadata.labels, old?.metadata.labels),
      }),
      wakeUp('Node', ['add', 'update', 'delete'], {
        parts: ['labels'],
        helps: (pod, { object }) => {
          const { required, requiredAnti } = affinityTermsOf(pod);
          const has = (term: AffinityTerm): boolean => object.metadata.labels?.[term.topologyKey] !== undefined;
          return required.length === 0 || required.every(has) || requiredAnti.some(has);
        },
      }),
    ],
    prepare: (pod, cluster) => {
      const prepared = prepare(pod, cluster);
      const idle = prepared.affinity.length === 0 && prepared.anti.length === 0 && prepared.others.size === 0;
      return { prepared, skip: idle };
    },
    suppose: (prepared, pod, change) => {
      for (const one of [...prepared.affinity, ...prepared.anti]) {
        if (one.includes(change.pod)) shift(one, change);
      }
      for (const term of affinityTermsOf(change.pod).requiredAnti) {
        if (!termMatches(term, pod, prepared.labels)) continue;
        let entry = prepared.others.get(term.key);
        if (!entry) {
          entry = { term, counts: new SupposedCounts(new Map()), includes: () => false };
          prepared.others.set(term.key, entry);
        }
        shift(entry, change);
      }
    },
    filter: (_pod, node, prepared) => {
      if (!meetsAffinity(node, prepared)) return refusedAffinity;
      if (prepared.anti.some((one) => countAt(one, node) > 0)) return refusedAnti;
      for (const one of prepared.others.values()) if (countAt(one, node) > 0) return refusedByOthers;
      return accept;
    },
    prepareScore: (pod, _nodes, cluster) => prepareAffinityScore(pod, cluster, args),
    score: (_pod, node, { topologies }) => {
      let sum = 0;
      for (const [key, weights] of topologies) {
        const value = node.labels[key];
        if (value !== undefined) sum += weights.get(value) ?? 0;
      }
      return sum;
    },
    normalize: normalizeAffinity,
  };
}

function prepare(pod: Pod, cluster: ClusterView): Prepared {
  const terms = affinityTermsOf(pod);
  const labels = cluster.namespaceLabels(pod.metadata.namespace ?? '');
  return {
    ...ownCounts(terms, cluster),
    others: othersAgainst(pod, cluster, labels),
    meetsItself: terms.required.length > 0 && terms.required.every((term) => termMatches(term, pod, labels)),
    labels,
  };
}

function ownCounts(terms: PodAffinityTerms, cluster: ClusterView): Pick<Prepared, 'affinity' | 'anti'> {
  const all = terms.required.length > 0 ? allTermsMatcher(terms.required, cluster) : undefined;
  const affinity = terms.required.map((term): TermCounts => {
    const matcher = all as NonNullable<typeof all>;
    const counts = new SupposedCounts(cluster.pods.selected(matcher).inDomains(term.topologyKey));
    return { term, counts, includes: matcher.matches };
  });
  const anti = terms.requiredAnti.map((term): TermCounts => {
    const matcher = termMatcher(term, cluster);
    const counts = new SupposedCounts(cluster.pods.selected(matcher).inDomains(term.topologyKey));
    return { term, counts, includes: matcher.matches };
  });
  return { affinity, anti };
}

function othersAgainst(pod: Pod, cluster: ClusterView, labels: Prepared['labels']): Map<string, TermCounts> {
  const others = new Map<string, TermCounts>();
  for (const { term, count } of cluster.pods.carriers('requiredAnti')) {
    if (!termMatches(term, pod, labels)) continue;
    const counts = new SupposedCounts(count.inDomains(term.topologyKey));
    others.set(term.key, { term, counts, includes: () => false });
  }
  return others;
}

function meetsAffinity(node: NodeInfo, { affinity, meetsItself }: Prepared): boolean {
  if (affinity.length === 0) return true;
  let met = true;
  for (const { term, counts } of affinity) {
    const value = node.labels[term.topologyKey];
    if (value === undefined) return false;
    if (counts.at(value) <= 0) met = false;
  }
  return met || (meetsItself && affinity.every(({ counts }) => counts.isEmpty));
}

function countAt({ term, counts }: TermCounts, node: NodeInfo): number {
  const value = node.labels[term.topologyKey];
  return value === undefined ? 0 : counts.at(value);
}

function shift({ term, counts }: TermCounts, { node, by }: Supposition): void {
  const value = node.labels[term.topologyKey];
  if (value !== undefined) counts.shift(value, by);
}

/**
 * Whether the creation or deletion of another pod may help: a new pod can only satisfy an affinity, a deleted one can
 * only lift an anti-affinity of either side. Namespace selectors are assumed to match, since the labels are not
 * available here.
 */
function concerns(pod: Pod, other: Pod, action: 'add' | 'update' | 'delete'): boolean {
  const terms = affinityTermsOf(pod);
  const may = (term: AffinityTerm, whom: Pod): boolean =>
    (term.namespaceSelector !== undefined || term.namespaces.has(whom.metadata.namespace ?? '')) &&
    term.selector.matches(whom.metadata.labels);
  if (action !== 'delete' && terms.required.some((term) => may(term, other))) return true;
  if (action === 'add') return false;
  return (
    terms.requiredAnti.some((term) => may(term, other)) ||
    affinityTermsOf(other).requiredAnti.some((term) => may(term, pod))
  );
}
