import type { ClusterRole, PolicyRule } from '@typernetes/api/rbac/v1';
import { canonicalJson, selectorFromObject } from '@typernetes/machinery';

/** The rules of all selected roles, by name and without duplicates; undefined when the role does not aggregate. */
export function aggregatedRules(role: ClusterRole, all: readonly ClusterRole[]): PolicyRule[] | undefined {
  if (!role.aggregationRule) return undefined;
  const rules = new Map<string, PolicyRule>();
  for (const labelSelector of role.aggregationRule.clusterRoleSelectors ?? []) {
    const selector = selectorFromObject(labelSelector);
    const selected = all
      .filter(({ metadata }) => metadata.name !== role.metadata.name && selector.matches(metadata.labels))
      .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
    for (const rule of selected.flatMap((one) => one.rules ?? []))
      if (!rules.has(canonicalJson(rule))) rules.set(canonicalJson(rule), rule);
  }
  return [...rules.values()];
}
