import type { NamedRuleWithOperations, RuleWithOperations } from '@typernetes/api/admissionregistration/v1';
import type { ResourceType } from '@typernetes/machinery';

/** The part of a write that rules look at. */
export interface RuledWrite {
  readonly operation: string;
  readonly resource: Pick<ResourceType<unknown>, 'group' | 'version' | 'plural'>;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
}

type Rule = RuleWithOperations | NamedRuleWithOperations;

/** Whether a rule names the write: all of its lists must hold the write's value or `*`. */
export function ruleMatches(rule: Rule, write: RuledWrite): boolean {
  const { group, version } = write.resource;
  return (
    names(rule.operations, write.operation) &&
    names(rule.apiGroups, group) &&
    names(rule.apiVersions, version) &&
    (rule.resources ?? []).some((resource) => namesResource(resource, write)) &&
    inScope(rule.scope, write) &&
    namesObject(rule, write)
  );
}

const names = (list: readonly string[] | undefined, value: string): boolean =>
  list?.some((one) => one === '*' || one === value) ?? false;

// `pods`, `pods/status`, `pods/*`, `*`, `*/status`, `*/*`; without a slash it is the object itself.
function namesResource(pattern: string, { resource, subresource }: RuledWrite): boolean {
  const [plural = '', part = ''] = pattern.split('/');
  return (plural === '*' || plural === resource.plural) && (part === '*' || part === subresource);
}

/** Namespaces are cluster-scoped, although their requests carry their name as namespace. */
function inScope(scope: string | undefined, write: RuledWrite): boolean {
  if (scope === undefined || scope === '' || scope === '*') return true;
  return (scope === 'Namespaced') === (write.namespace !== '' && !isNamespace(write));
}

export const isNamespace = ({ resource }: Pick<RuledWrite, 'resource'>): boolean =>
  resource.group === '' && resource.plural === 'namespaces';

function namesObject(rule: Rule, { name }: RuledWrite): boolean {
  const wanted = 'resourceNames' in rule ? (rule.resourceNames ?? []) : [];
  return wanted.length === 0 || wanted.includes(name);
}
