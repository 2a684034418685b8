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
  // Whoever has extras removed gets what is wanted as it is written.
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

/** What is wanted and not there. */
export function missingParts(current: RbacObject | undefined, wanted: RbacObject): Parts {
  if (!current) return { rules: wanted.rules ?? [], subjects: wanted.subjects ?? [] };
  return { rules: missingRules(current, wanted), subjects: missingSubjects(current, wanted) };
}

/** What upstream tells of a reconciliation; nothing where there is nothing to do. */
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

/** Structs as Go prints them. */
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

/** Subjects of the second that the first does not have. */
export function missingSubjects(current: RbacObject, wanted: RbacObject): object[] {
  const known = current.subjects ?? [];
  return (wanted.subjects ?? []).filter((subject) => !known.some((other) => jsonEqual(other, subject)));
}

/** What rules of the second allow and none of the first does, each permission a rule of its own. */
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
