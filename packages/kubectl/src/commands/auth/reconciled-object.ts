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

/** The existing object with missing parts added and, with `remove`, extra parts removed. Labels and annotations are merged. */
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
  // With extra parts removed, the result is exactly the given object.
  const replaceRules = remove.rules && missingRules(wanted, current).length + missingRules(current, wanted).length > 0;
  const rules =
    wanted.rules && (replaceRules ? wanted.rules : [...(current.rules ?? []), ...missingRules(current, wanted)]);
  const replaceSubjects =
    remove.subjects && missingSubjects(wanted, current).length + missingSubjects(current, wanted).length > 0;
  const subjects = replaceSubjects
    ? wanted.subjects
    : [...(current.subjects ?? []), ...missingSubjects(current, wanted)];
  return {
    ...current,
    metadata,
    ...(rules ? { rules } : {}),
    ...(wanted.aggregationRule ? { aggregationRule: wanted.aggregationRule } : {}),
    ...(wanted.roleRef && subjects ? { subjects } : {}),
  };
}

interface Parts {
  readonly rules: readonly PolicyRule[];
  readonly subjects: readonly object[];
}

/** The missing entries. */
export function missingParts(current: RbacObject | undefined, wanted: RbacObject): Parts {
  if (!current) return { rules: wanted.rules ?? [], subjects: wanted.subjects ?? [] };
  return { rules: missingRules(current, wanted), subjects: missingSubjects(current, wanted) };
}

/** Upstream's report of a reconciliation; empty if there is nothing to do. */
export function reconciliationText(of: { exists: boolean; missing: Parts; extra: Parts }): string {
  const { exists, missing, extra } = of;
  const lines = (title: string, items: readonly string[]): string =>
    items.length > 0 ? `\t${title}:\n${items.map((item) => `\t\t${item}\n`).join('')}` : '';
  const text = [
    lines('missing rules added', missing.rules.map(shownRule)),
    lines('extra rules removed', extra.rules.map(shownRule)),
    lines('missing subjects added', missing.subjects.map(shownSubject)),
    lines('extra subjects removed', extra.subjects.map(shownSubject)),
  ].join('');
  if (exists && text === '') return '';
  return `\treconciliation required ${exists ? 'update' : 'create'}\n${text}`;
}

/** Formats structs as Go's %v does. */
function shownRule({ verbs, apiGroups, resources, resourceNames, nonResourceURLs }: PolicyRule): string {
  const list = (items: readonly string[] = []): string => `[${items.join(' ')}]`;
  return `{Verbs:${list(verbs)} APIGroups:${list(apiGroups)} Resources:${list(resources)} ResourceNames:${list(resourceNames)} NonResourceURLs:${list(nonResourceURLs)}}`;
}

function shownSubject(subject: object): string {
  const { kind = '', apiGroup = '', name = '', namespace = '' } = subject as Record<string, string>;
  return `{Kind:${kind} APIGroup:${apiGroup} Name:${name} Namespace:${namespace}}`;
}

function joined(member: 'labels' | 'annotations', current: ApiObject, wanted: ApiObject): object {
  const added = wanted.metadata[member];
  return added ? { [member]: { ...added, ...current.metadata[member], ...added } } : {};
}

/** The second list's subjects that the first lacks. */
export function missingSubjects(current: RbacObject, wanted: RbacObject): object[] {
  const known = current.subjects ?? [];
  return (wanted.subjects ?? []).filter((subject) => !known.some((other) => jsonEqual(other, subject)));
}

/** Permissions of the second list that the first does not grant, each as its own rule. */
export function missingRules(current: RbacObject, wanted: RbacObject): PolicyRule[] {
  const known = current.rules ?? [];
  return (wanted.rules ?? []).flatMap(singleRules).filter((rule) => !known.some((other) => covers(other, rule)));
}

/** One rule for each verb, group, resource and name; one for each verb and path. */
function singleRules({
  verbs,
  apiGroups = [],
  resources = [],
  resourceNames = [],
  nonResourceURLs = [],
}: PolicyRule): PolicyRule[] {
  const names = resourceNames.length > 0 ? resourceNames.map((name) => ({ resourceNames: [name] })) : [{}];
  return [
    ...apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        verbs.flatMap((verb) =>
          names.map((name) => ({ apiGroups: [group], resources: [resource], verbs: [verb], ...name })),
        ),
      ),
    ),
    ...nonResourceURLs.flatMap((url) => verbs.map((verb) => ({ nonResourceURLs: [url], verbs: [verb] }))),
  ];
}

/** Whether `other` covers everything that `rule` allows. */
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
