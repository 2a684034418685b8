import type { AffinityTerm } from '../snapshot/affinity-terms.ts';
import type { ClusterView } from '../snapshot/cluster-snapshot.ts';
import type { PodMatcher } from '../snapshot/pod-count.ts';

/** The pods that a term selects. A selector of namespaces is resolved now: another set of namespaces is another matcher. */
export function termMatcher(term: AffinityTerm, cluster: ClusterView): PodMatcher {
  const namespaces = namespacesOf(term, cluster);
  return {
    key: `${term.key} ${term.namespaceSelector ? [...namespaces].sort().join(',') : ''}`,
    matches: (pod) => namespaces.has(pod.metadata.namespace ?? '') && term.selector.matches(pod.metadata.labels),
  };
}

/** The pods that all the terms select. */
export function allTermsMatcher(terms: readonly AffinityTerm[], cluster: ClusterView): PodMatcher {
  const matchers = terms.map((term) => termMatcher(term, cluster));
  return {
    key: matchers.map(({ key }) => key).join('\u0000'),
    matches: (pod) => matchers.every((matcher) => matcher.matches(pod)),
  };
}

function namespacesOf({ namespaces, namespaceSelector }: AffinityTerm, cluster: ClusterView): ReadonlySet<string> {
  if (!namespaceSelector) return namespaces;
  const all = new Set(namespaces);
  for (const [name, labels] of cluster.namespaces()) if (namespaceSelector.matches(labels)) all.add(name);
  return all;
}
