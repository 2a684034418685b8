import { type ApiObject, jsonEqual } from '@typernetes/machinery';

interface PolicyRule {
  readonly apiGroups?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly resources?: readonly string[];
  readonly verbs: readonly string[];
}

/** A role or binding of either scope. */
export interface RbacObject extends ApiObject {
  readonly rules?: readonly PolicyRule[];
  readonly subjects?: readonly object[];
  readonly roleRef?: object;
  readonly aggregationRule?: object;
}

/** What is there with what is wanted added, and what is not wanted removed where `remove` says so. Labels and annotations join. */
export function reconciledObject(
  current: RbacObject,
  wanted: RbacObject,
  remove: { readonly rules: boolean; readonly subjects: boolean },
): RbacObject {
  const metadata = {
    ...current.metadata,
    ...joined('labels', current, wanted),
    ...joined('annotations', current, wanted),
  };
  const rules = wanted.rules && (remove.rules ? wanted.rules : withMissingRules(current.rules ?? [], wanted.rules));
  const known = current.subjects ?? [];
  const missing = (wanted.subjects ?? []).filter((subject) => !known.some((other) => sameSubject(other, subject)));
  const subjects = remove.subjects ? wanted.subjects : [...known, ...missing];
  return {
    ...current,
    metadata,
    ...(rules ? { rules } : {}),
    ...(wanted.aggregationRule ? { aggregationRule: wanted.aggregationRule } : {}),
    ...(wanted.roleRef && subjects ? { subjects } : {}),
  };
}

function joined(member: 'labels' | 'annotations', current: ApiObject, wanted: ApiObject): object {
  const added = wanted.metadata[member];
  return added ? { [member]: { ...added, ...current.metadata[member], ...added } } : {};
}

function sameSubject(a: object, b: object): boolean {
  return jsonEqual(a, b);
}

function withMissingRules(current: readonly PolicyRule[], wanted: readonly PolicyRule[]): readonly PolicyRule[] {
  return [...current, ...wanted.filter((rule) => !current.some((other) => covers(other, rule)))];
}

/** Whether everything that `rule` allows is allowed by `other` already. */
function covers(other: PolicyRule, rule: PolicyRule): boolean {
  const has = (all: readonly string[] = [], some: readonly string[] = []): boolean =>
    all.includes('*') || some.every((one) => all.includes(one));
  const names =
    !other.resourceNames?.length || (rule.resourceNames?.length ? has(other.resourceNames, rule.resourceNames) : false);
  return (
    has(other.verbs, rule.verbs) &&
    has(other.apiGroups, rule.apiGroups) &&
    has(other.resources, rule.resources) &&
    has(other.nonResourceURLs, rule.nonResourceURLs) &&
    names
  );
}
