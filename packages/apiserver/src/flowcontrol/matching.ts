import type {
  FlowSchema,
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
} from '@typernetes/api/flowcontrol/v1';
import { serviceAccountUsername } from '../identity/groups.ts';
import type { UserInfo } from '../identity/user-info.ts';
import type { RequestInfo } from '../request/request-info.ts';

/** Whether a flow schema matches a request. */
export type Matcher = (info: RequestInfo, user: UserInfo) => boolean;

/** Compiles a schema's rules into sets, since it is evaluated for every request. */
export function matcherOf({ spec }: Pick<FlowSchema, 'spec'>): Matcher {
  const rules = (spec.rules ?? []).map(ruleMatcher);
  const [only] = rules;
  return rules.length === 1 && only ? only : (info, user) => rules.some((matches) => matches(info, user));
}

function ruleMatcher(rule: PolicyRulesWithSubjects): Matcher {
  const isSubject = subjectMatcher(rule.subjects ?? []);
  const resources = (rule.resourceRules ?? []).map(resourceMatcher);
  const paths = (rule.nonResourceRules ?? []).map(pathMatcher);
  return (info, user) =>
    isSubject(user) && (info.isResourceRequest ? resources : paths).some((matches) => matches(info));
}

function subjectMatcher(subjects: PolicyRulesWithSubjects['subjects']): (user: UserInfo) => boolean {
  const users = new Set<string>();
  const groups = new Set<string>();
  /** Starts of the user names of all service accounts of a namespace. */
  const namespaces: string[] = [];
  for (const { user, group, serviceAccount } of subjects) {
    if (user) users.add(user.name);
    if (group) groups.add(group.name);
    if (serviceAccount?.name === '*') namespaces.push(serviceAccountUsername(serviceAccount.namespace, ''));
    else if (serviceAccount) users.add(serviceAccountUsername(serviceAccount.namespace, serviceAccount.name));
  }
  const anyone = users.has('*') || groups.has('*');
  return (user) => {
    if (anyone || users.has(user.username)) return true;
    if (groups.size > 0) for (const group of user.groups) if (groups.has(group)) return true;
    return namespaces.some((start) => user.username.startsWith(start));
  };
}

/** Undefined: everything. */
function setOf(values: readonly string[] | null | undefined): ReadonlySet<string> | undefined {
  return values?.includes('*') ? undefined : new Set(values ?? []);
}

function resourceMatcher(rule: ResourcePolicyRule): (info: RequestInfo) => boolean {
  const [verbs, groups] = [setOf(rule.verbs), setOf(rule.apiGroups)];
  const [resources, namespaces] = [setOf(rule.resources), setOf(rule.namespaces)];
  return (info) => {
    if (verbs && !verbs.has(info.verb)) return false;
    if (groups && !groups.has(info.apiGroup)) return false;
    if (resources) {
      const { resource, subresource } = info;
      if (!resources.has(subresource === '' ? resource : `${resource}/${subresource}`)) return false;
    }
    if (info.namespace === '') return rule.clusterScope === true;
    return !namespaces || namespaces.has(info.namespace);
  };
}

function pathMatcher(rule: NonResourcePolicyRule): (info: RequestInfo) => boolean {
  const [verbs, urls] = [setOf(rule.verbs), setOf(rule.nonResourceURLs)];
  // A path without a star stands for all that is below it, too.
  const prefixes = rule.nonResourceURLs.map((url) => url.replace(/\*$/, '')).map((url) => url.replace(/\/?$/, '/'));
  return ({ verb, path }) =>
    (!verbs || verbs.has(verb)) && (!urls || urls.has(path) || prefixes.some((prefix) => path.startsWith(prefix)));
}
