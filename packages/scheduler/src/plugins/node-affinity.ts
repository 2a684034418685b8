import { nodeMatchesPodRequirements, nodeMatchesTerm } from '@typernetes/api';
import type { Pod } from '@typernetes/api/core/v1';
import { accept, normalizeToMax, refuse, type SchedulerPlugin } from '../framework/plugin.ts';

/** nodeSelector and the required node affinity must match; nodes score by the weights of the preferred terms that do. */
export const nodeAffinity = {
  name: 'NodeAffinity',
  wakesOn: ['node-added', 'node-updated', 'pod-updated'],
  wakes: (pod, event) => !('node' in event) || nodeMatchesPodRequirements(event.node, pod.spec),
  prepare: (pod) => {
    const only = namedNodes(pod);
    return only ? { only } : {};
  },
  filter: (pod, { node }) =>
    nodeMatchesPodRequirements(node, pod.spec) ? accept : refuse("node(s) didn't match Pod's node affinity/selector"),
  wantsScore: (pod) => preferredTerms(pod).length > 0,
  score: (pod, { node }) =>
    preferredTerms(pod).reduce(
      (sum, { weight, preference }) => sum + (nodeMatchesTerm(node, preference) ? weight : 0),
      0,
    ),
  normalize: (scores) => normalizeToMax(scores, false),
} satisfies SchedulerPlugin;

function preferredTerms(pod: Pod) {
  return pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
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
