import { nodeMatchesPodRequirements, nodeMatchesSelector, nodeMatchesTerm } from '@typernetes/api';
import type { Node, NodeAffinity, Pod, PreferredSchedulingTerm } from '@typernetes/api/core/v1';
import { wakeUp } from '../framework/cluster-event.ts';
import { normalizeToMax, type SchedulerPlugin } from '../framework/plugin.ts';
import { accept, refuse } from '../framework/verdict.ts';

const refusedByPod = refuse("node(s) didn't match Pod's node affinity/selector");
const refusedByProfile = refuse("node(s) didn't match scheduler-enforced node affinity");

/**
 * nodeSelector and the required node affinity must match; nodes score by the weights of the preferred terms that do. `added`
 * is an affinity that the profile demands of all its pods.
 */
export function nodeAffinity(added?: NodeAffinity): SchedulerPlugin<undefined, readonly PreferredSchedulingTerm[]> {
  const enforced = added?.requiredDuringSchedulingIgnoredDuringExecution;
  const fits = (node: Node, pod: Pod): boolean =>
    (!enforced || nodeMatchesSelector(node, enforced)) && nodeMatchesPodRequirements(node, pod.spec);
  return {
    name: 'NodeAffinity',
    wakesOn: [
      wakeUp('Node', ['add', 'update'], {
        parts: ['labels'],
        // A node that matched before the change too is not new.
        helps: (pod, { object, old }) => fits(object, pod) && !(old && fits(old, pod)),
      }),
    ],
    sign: ({ spec }) => [spec.nodeSelector, spec.affinity?.nodeAffinity],
    prepare: (pod) => {
      const { affinity, nodeSelector } = pod.spec;
      if (!enforced && !nodeSelector && !affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution)
        return { skip: true };
      const only = namedNodes(pod);
      return only ? (only.size === 0 ? { refusal: refuse('pod affinity terms conflict') } : { only }) : {};
    },
    filter: (pod, { node }) => {
      if (enforced && !nodeMatchesSelector(node, enforced)) return refusedByProfile;
      return nodeMatchesPodRequirements(node, pod.spec) ? accept : refusedByPod;
    },
    prepareScore: (pod) => {
      const scoring = [
        ...(pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []),
        ...(added?.preferredDuringSchedulingIgnoredDuringExecution ?? []),
      ];
      return scoring.length === 0 ? { skip: true } : { scoring };
    },
    score: (_pod, { node }, terms) => {
      let sum = 0;
      for (const { weight, preference } of terms) if (nodeMatchesTerm(node, preference)) sum += weight;
      return sum;
    },
    normalize: (scores) => normalizeToMax(scores, false),
  };
}

/** The nodes that a pod's affinity names (as daemon pods do), so that no others need be looked at; undefined when any term names none. */
function namedNodes(pod: Pod): ReadonlySet<string> | undefined {
  const terms =
    pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  if (terms.length === 0) return undefined;
  const names = new Set<string>();
  for (const term of terms) {
    const byName = (term.matchFields ?? []).filter((field) => field.key === 'metadata.name' && field.operator === 'In');
    if (byName.length === 0) return undefined;
    const sets = byName.map((field) => new Set(field.values ?? []));
    for (const name of sets.reduce((a, b) => a.intersection(b))) names.add(name);
  }
  return names;
}
