import type { PolicyRule } from '@typernetes/api/rbac/v1';
import type { AccessAttributes } from './authorizer.ts';

/** An access without its user, to match against rules. */
type RuleQuestion = Omit<AccessAttributes, 'user' | 'apiVersion' | 'namespace' | 'fieldSelector'>;

/** Whether an RBAC rule allows an access. */
export function ruleAllows(rule: PolicyRule, access: RuleQuestion): boolean {
  if (!matches(rule.verbs, access.verb)) return false;
  if (!access.isResourceRequest) return (rule.nonResourceURLs ?? []).some((url) => urlMatches(url, access.path));
  return (
    matches(rule.apiGroups, access.apiGroup) &&
    resourceMatches(rule.resources, access) &&
    (!rule.resourceNames?.length || rule.resourceNames.includes(access.name))
  );
}

function matches(allowed: readonly string[] | undefined, asked: string): boolean {
  return allowed?.some((one) => one === '*' || one === asked) ?? false;
}

function resourceMatches(allowed: readonly string[] | undefined, { resource, subresource }: RuleQuestion): boolean {
  const combined = subresource === '' ? resource : `${resource}/${subresource}`;
  return (
    allowed?.some((one) => one === '*' || one === combined || (subresource !== '' && one === `*/${subresource}`)) ??
    false
  );
}

function urlMatches(pattern: string, path: string): boolean {
  return pattern === '*' || pattern === path || (pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1)));
}

/**
 * The parts of the wanted rules that the held ones do not cover, as rules of one group, resource and name each; empty:
 * all covered.
 */
export function uncoveredRules(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted.flatMap(singleRules).filter((one) => !held.some((rule) => covers(rule, one)));
}

/** One rule for each combination of verb, group, resource and name (or verb and URL). */
function singleRules(rule: PolicyRule): PolicyRule[] {
  const names = rule.resourceNames?.length ? rule.resourceNames : [undefined];
  return rule.verbs.flatMap((verb) => [
    ...(rule.nonResourceURLs ?? []).map((url) => ({ verbs: [verb], nonResourceURLs: [url] })),
    ...(rule.apiGroups ?? []).flatMap((group) =>
      (rule.resources ?? []).flatMap((resource) =>
        names.map((name) => ({
          verbs: [verb],
          apiGroups: [group],
          resources: [resource],
          ...(name === undefined ? {} : { resourceNames: [name] }),
        })),
      ),
    ),
  ]);
}

function covers(rule: PolicyRule, one: PolicyRule): boolean {
  if (!matches(rule.verbs, one.verbs[0] ?? '')) return false;
  const url = one.nonResourceURLs?.[0];
  if (url !== undefined) return (rule.nonResourceURLs ?? []).some((held) => urlMatches(held, url));
  const [resource = '', subresource = ''] = (one.resources?.[0] ?? '').split('/');
  const name = one.resourceNames?.[0];
  return (
    matches(rule.apiGroups, one.apiGroups?.[0] ?? '') &&
    resourceMatches(rule.resources, {
      isResourceRequest: true,
      path: '',
      verb: '',
      apiGroup: '',
      resource,
      subresource,
      name: '',
    }) &&
    (!rule.resourceNames?.length || (name !== undefined && rule.resourceNames.includes(name)))
  );
}

/** `{APIGroups:["apps"], Resources:["deployments"], Verbs:["get" "list"]}`: a rule in messages. */
export function ruleText(rule: PolicyRule): string {
  const parts: [string, readonly string[] | undefined][] = [
    ['APIGroups', rule.apiGroups],
    ['Resources', rule.resources],
    ['NonResourceURLs', rule.nonResourceURLs],
    ['ResourceNames', rule.resourceNames],
    ['Verbs', rule.verbs],
  ];
  const texts = parts.flatMap(([name, values]) =>
    values?.length ? [`${name}:[${values.map((value) => JSON.stringify(value)).join(' ')}]`] : [],
  );
  return `{${texts.join(', ')}}`;
}

/** Combines rules that differ only in their verb. */
export function compactRules(rules: readonly PolicyRule[]): PolicyRule[] {
  const merged = new Map<string, PolicyRule>();
  for (const { verbs, ...what } of rules) {
    const key = JSON.stringify([what.apiGroups, what.resources, what.resourceNames, what.nonResourceURLs]);
    merged.set(key, { ...what, verbs: [...(merged.get(key)?.verbs ?? []), ...verbs] });
  }
  return [...merged.values()];
}
