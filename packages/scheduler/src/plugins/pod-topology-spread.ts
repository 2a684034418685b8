import type { Pod } from '@typernetes/api/core/v1';
import { wakeUp } from '../framework/cluster-event.ts';
import type { SchedulerPlugin } from '../framework/plugin.ts';
import { accept, refuse, refuseForNow } from '../framework/verdict.ts';
import type { ClusterView } from '../snapshot/cluster-snapshot.ts';
import type { NodeInfo } from '../snapshot/node-info.ts';
import type { DomainCounts } from '../snapshot/pod-count.ts';
import { SupposedCounts } from '../snapshot/supposed-counts.ts';
import { normalizeSpread, prepareSpreadScore, type SpreadScoring, spreadScore } from './pod-topology-spread-score.ts';
import { constraintsOf, includes, includesAll, type SpreadConstraint } from './spread-constraint.ts';

const refused = refuseForNow("node(s) didn't match pod topology spread constraints");
const refusedForLabel = refuse("node(s) didn't match pod topology spread constraints (missing required label)");

/** One hard constraint with the domains it looks at. */
interface Domains {
  readonly constraint: SpreadConstraint;
  readonly counts: SupposedCounts;
  /** The values of the topology key that there are. */
  readonly values: ReadonlyMap<string, unknown>;
  /** The smallest count of any domain; undefined until asked for. */
  min: number | undefined;
}

/** The source of constraints for pods without any. */
export interface DefaultConstraints {
  hard(pod: Pod): readonly SpreadConstraint[];
  soft(pod: Pod): readonly SpreadConstraint[];
  /** Whether nodes without a zone count too, as for the built-in defaults. */
  readonly system: boolean;
}

/** Hard constraints rule out nodes whose domain would be too full, soft ones prefer the emptier domains. */
export function podTopologySpread(defaults: DefaultConstraints): SchedulerPlugin<readonly Domains[], SpreadScoring> {
  const own = (pod: Pod): boolean => (pod.spec.topologySpreadConstraints?.length ?? 0) > 0;
  const hard = (pod: Pod) => (own(pod) ? constraintsOf(pod, 'DoNotSchedule') : defaults.hard(pod));
  const soft = (pod: Pod) => (own(pod) ? constraintsOf(pod, 'ScheduleAnyway') : defaults.soft(pod));
  return {
    name: 'PodTopologySpread',
    wakesOn: [
      wakeUp('AssignedPod', ['add', 'update', 'delete'], {
        helps: (pod, { object, old }) => {
          if (object.metadata.namespace !== pod.metadata.namespace) return false;
          const matches = (other: Pod): boolean => hard(pod).some(({ matcher }) => matcher.matches(other));
          return old ? matches(object) !== matches(old) : matches({ ...object, metadata: withoutDeletion(object) });
        },
      }),
      wakeUp('WaitingPod', ['update']),
      wakeUp('Node', ['add', 'update', 'delete'], {
        parts: ['labels', 'taints'],
        helps: (pod, { object, old }) => {
          const has = (labels: Readonly<Record<string, string>> | undefined): boolean =>
            hard(pod).every(({ topologyKey }) => labels?.[topologyKey] !== undefined);
          return has(object.metadata.labels) || (!!old && has(old.metadata.labels));
        },
      }),
    ],
    prepare: (pod, cluster) => {
      const constraints = hard(pod);
      if (constraints.length === 0) return { skip: true, prepared: [] };
      return { prepared: domainsOf(constraints, pod, cluster) };
    },
    suppose: (prepared, pod, { pod: other, node, by }) => {
      if (!prepared.every(({ constraint }) => node.labels[constraint.topologyKey] !== undefined)) return;
      for (const domains of prepared) {
        const { constraint, counts } = domains;
        if (!constraint.matcher.matches(other) || !includes(constraint, pod, node)) continue;
        counts.shift(node.labels[constraint.topologyKey] as string, by);
        domains.min = undefined;
      }
    },
    filter: (_pod, node, prepared) => {
      for (const domains of prepared) {
        const { constraint, counts } = domains;
        const value = node.labels[constraint.topologyKey];
        if (value === undefined) return refusedForLabel;
        const skew = counts.at(value) + (constraint.matchesSelf ? 1 : 0) - smallest(domains);
        if (skew > constraint.maxSkew) return refused;
      }
      return accept;
    },
    prepareScore: (pod, nodes, cluster) =>
      prepareSpreadScore(soft(pod), { pod, nodes, cluster, needsAllKeys: own(pod) || !defaults.system }),
    score: (_pod, node, scoring) => spreadScore(node, scoring),
    normalize: normalizeSpread,
  };
}

function withoutDeletion({ metadata: { deletionTimestamp: _, ...metadata } }: Pod): Pod['metadata'] {
  return metadata;
}

/** With fewer domains than required, the smallest count is 0. */
function smallest(domains: Domains): number {
  if (domains.values.size < domains.constraint.minDomains) return 0;
  if (domains.min === undefined) {
    let min = Number.POSITIVE_INFINITY;
    for (const value of domains.values.keys()) {
      const count = domains.counts.at(value);
      if (count < min) min = count;
    }
    domains.min = min === Number.POSITIVE_INFINITY ? 0 : min;
  }
  return domains.min;
}

function domainsOf(constraints: readonly SpreadConstraint[], pod: Pod, cluster: ClusterView): Domains[] {
  const domains = (constraint: SpreadConstraint, counts: DomainCounts, values: Domains['values']): Domains => ({
    constraint,
    counts: new SupposedCounts(counts),
    values,
    min: undefined,
  });
  const [first] = constraints;
  if (constraints.length === 1 && first && includesAll(first, pod)) {
    const counts = cluster.pods.selected(first.matcher).inDomains(first.topologyKey);
    return [domains(first, counts, cluster.topology(first.topologyKey))];
  }
  return constraints.map((constraint) => {
    const counts = countDomains(constraint, { constraints, pod, cluster });
    return domains(constraint, counts, counts);
  });
}

/** By domain, over the nodes that have all the keys and that the constraint's policies include. */
function countDomains(
  constraint: SpreadConstraint,
  {
    constraints,
    pod,
    cluster,
  }: { readonly constraints: readonly SpreadConstraint[]; readonly pod: Pod; readonly cluster: ClusterView },
): DomainCounts {
  const selected = cluster.pods.selected(constraint.matcher);
  const all = includesAll(constraint, pod);
  const counts = new Map<string, number>();
  for (const node of cluster.nodes) {
    if (!hasKeys(node, constraints) || !(all || includes(constraint, pod, node))) continue;
    const value = node.labels[constraint.topologyKey] as string;
    counts.set(value, (counts.get(value) ?? 0) + selected.onNode(node));
  }
  return counts;
}

function hasKeys({ labels }: NodeInfo, constraints: readonly SpreadConstraint[]): boolean {
  for (const { topologyKey } of constraints) if (labels[topologyKey] === undefined) return false;
  return true;
}
