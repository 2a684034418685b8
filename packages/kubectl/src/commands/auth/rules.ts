interface ResourceRule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

export interface CompactRule {
  /** `deployments.apps`, `*.*` */
  readonly resource: string;
  readonly resourceNames: readonly string[];
  readonly verbs: readonly string[];
}

/** One rule for each resource and set of names, with all its verbs. */
export function compactedRules(rules: readonly ResourceRule[]): CompactRule[] {
  const found = new Map<string, { resource: string; resourceNames: readonly string[]; verbs: string[] }>();
  for (const { apiGroups = [], resources = [], resourceNames = [], verbs } of rules) {
    for (const group of apiGroups) {
      for (const plural of resources) {
        const resource = group === '' ? plural : `${plural}.${group}`;
        const key = `${resource} ${resourceNames.join(' ')}`;
        const known = found.get(key) ?? { resource, resourceNames, verbs: [] };
        known.verbs.push(...verbs.filter((verb) => !known.verbs.includes(verb)));
        found.set(key, known);
      }
    }
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, rule]) => rule);
}
