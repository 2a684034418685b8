import { PlainError } from '../../io.ts';
import type { AnyResource } from '../../resources/any-resource.ts';
import { isUnknownResource } from '../../resources/finder.ts';
import type { Session } from '../../session.ts';
import { generatorCommand } from './generator.ts';
import { labelSelectorOf } from './label-selector.ts';

const knownVerbs = [
  'get',
  'delete',
  'list',
  'create',
  'update',
  'patch',
  'watch',
  'proxy',
  'deletecollection',
  'use',
  'bind',
  'escalate',
  'impersonate',
  '*',
];

const rbac = 'rbac.authorization.k8s.io';

/** The resources of special verbs, which a server need not list. */
const specialVerbs: Readonly<Record<string, readonly string[]>> = {
  use: ['podsecuritypolicies.policy', 'podsecuritypolicies.extensions'],
  bind: [`roles.${rbac}`, `clusterroles.${rbac}`],
  escalate: [`roles.${rbac}`, `clusterroles.${rbac}`],
  impersonate: ['users', 'serviceaccounts', 'groups', 'userextras.authentication.k8s.io'],
};

const ruleFlags = {
  resource: { type: 'list', help: 'Resource that the rule applies to', default: [] },
  'resource-name': {
    type: 'array',
    help: 'Resource in the white list that the rule applies to, repeat this flag for multiple items',
    default: [],
  },
  verb: { type: 'list', help: 'Verb that applies to the resources contained in the rule', default: [] },
} as const;

interface PolicyRule {
  readonly apiGroups?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly resources?: readonly string[];
  readonly verbs: readonly string[];
}

interface RuleFlags {
  readonly resource: readonly string[];
  readonly 'resource-name': readonly string[];
  readonly verb: readonly string[];
}

/** `--verb` without duplicates; `*` replaces all others. */
function verbsOf(flags: RuleFlags): readonly string[] {
  const verbs = flags.verb.includes('*') ? ['*'] : [...new Set(flags.verb)];
  if (verbs.length === 0) throw new Error('at least one verb must be specified');
  return verbs;
}

/** One rule for each API group that the resources belong to. */
async function rulesOf(flags: RuleFlags, session: Session): Promise<PolicyRule[]> {
  const verbs = verbsOf(flags);
  for (const verb of verbs) {
    if (!knownVerbs.includes(verb)) session.io.err(`Warning: '${verb}' is not a standard resource verb\n`);
  }
  if (flags.resource.length === 0) throw new Error('at least one resource must be specified');
  const byGroup = new Map<string, Set<string>>();
  const resources = flags.resource.includes('*') ? ['*'] : flags.resource;
  // Upstream does not validate resources after a wildcard.
  let isBelieved = false;
  for (const resource of resources) {
    const [named = '', subresource] = resource.split('/', 2);
    if (/^(\.|$)/.test(named) && !isBelieved)
      throw new Error('resource must be specified if apiGroup/subresource specified');
    isBelieved ||= /^\*(\.|$)/.test(named);
    const { group, plural } = await resourceNamed(named, { verbs, session, isBelieved });
    const full = subresource === undefined ? plural : `${plural}/${subresource}`;
    byGroup.set(group, (byGroup.get(group) ?? new Set()).add(full));
  }
  const names = [...new Set(flags['resource-name'])];
  return [...byGroup]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([group, plurals]) => ({
      apiGroups: [group],
      ...(names.length > 0 ? { resourceNames: names } : {}),
      resources: [...plurals],
      verbs,
    }));
}

/** Throws on resources that the server does not have, except those of special verbs, and on resources that a special verb does not apply to. */
async function resourceNamed(
  name: string,
  { verbs, session, isBelieved }: { verbs: readonly string[]; session: Session; isBelieved: boolean },
): Promise<Pick<AnyResource, 'group' | 'plural'>> {
  const [plural = '', ...rest] = name.split('.');
  const written = { group: rest.join('.'), plural };
  if (plural === '*') return written;
  const [found] = await Promise.allSettled([named(name, session)]);
  if (found.status === 'rejected' && !isUnknownResource(found.reason)) throw found.reason;
  const resource = found.status === 'fulfilled' ? found.value : written;
  const full = [resource.plural, resource.group].filter((part) => part !== '').join('.');
  if (isBelieved) return resource;
  const special = verbs.filter((verb) => Object.hasOwn(specialVerbs, verb));
  for (const verb of special)
    if (!specialVerbs[verb]?.includes(full))
      throw new Error(`can not perform '${verb}' on '${resource.plural}' in group '${resource.group}'`);
  if (found.status === 'rejected' && special.length === 0) throw unknownResource(name);
  return resource;
}

/** The name must not contain a version. */
async function named(name: string, session: Session): Promise<AnyResource> {
  const found = await session.resources.byName(name);
  const [, group = ''] = name.split(/\.(.*)/s);
  if (!found.group.startsWith(group)) throw unknownResource(name);
  return found;
}

/** Reported without "error:", as upstream does for failures of discovery. */
export function unknownResource(name: string): PlainError {
  const [resource = '', ...group] = name.split('.');
  const where = group.length > 0 ? ` in group ${JSON.stringify(group.join('.'))}` : '';
  return new PlainError(`the server doesn't have a resource type ${JSON.stringify(resource)}${where}\n`);
}

const nonResourceVerbs = ['*', 'get', 'post', 'put', 'delete', 'patch', 'head', 'options'];

/** Validates rules for non-resource URLs: HTTP verbs, and paths with at most a trailing wildcard. */
function checkPaths(urls: readonly string[], verbs: readonly string[]): void {
  for (const verb of verbs)
    if (!nonResourceVerbs.includes(verb)) throw new Error(`invalid verb: '${verb}' for nonResourceURL`);
  for (const url of urls) {
    if (url === '*') continue;
    if (!url.startsWith('/')) throw new Error('nonResourceURL should start with /');
    if (url.slice(0, -1).includes('*'))
      throw new Error("nonResourceURL only supports wildcard matches when '*' is at the end");
  }
}

export const createRoleCommand = generatorCommand({
  words: 'create role',
  use: 'NAME --verb=verb --resource=resource.group/subresource [--resource-name=resourcename]',
  short: 'Create a role with single rule',
  flags: ruleFlags,
  async build(_name, { flags }, session) {
    return { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', rules: await rulesOf(flags, session) };
  },
});

export const createClusterRoleCommand = generatorCommand({
  words: 'create clusterrole',
  use: 'NAME --verb=verb --resource=resource.group [--resource-name=resourcename]',
  short: 'Create a cluster role',
  flags: {
    ...ruleFlags,
    'aggregation-rule': {
      type: 'map',
      help: 'An aggregation label selector for combining ClusterRoles.',
      default: {},
      shownDefault: '',
    },
    'non-resource-url': { type: 'list', help: 'A partial url that user should have access to.', default: [] },
  },
  async build(_name, { flags }, session) {
    const head = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole' };
    const labels = flags['aggregation-rule'];
    const urls = flags['non-resource-url'];
    if (Object.keys(labels).length > 0) {
      if (flags.verb.length + flags.resource.length + urls.length + flags['resource-name'].length > 0) {
        throw new Error(
          'aggregation rule must be specified without nonResourceURLs, verbs, resources or resourceNames',
        );
      }
      const selector = labelSelectorOf(
        Object.entries(labels)
          .map(([key, value]) => `${key}=${value}`)
          .join(','),
      );
      return { aggregationRule: { clusterRoleSelectors: [selector] }, ...head, rules: null };
    }
    const verbs = verbsOf(flags);
    if (flags.resource.length + urls.length === 0)
      throw new Error('one of resource or nonResourceURL must be specified');
    const rules = flags.resource.length > 0 ? await rulesOf(flags, session) : [];
    if (urls.length > 0) checkPaths(urls, verbs);
    return { ...head, rules: urls.length > 0 ? [...rules, { nonResourceURLs: urls, verbs }] : rules };
  },
});

const subjectFlags = {
  group: { type: 'array', help: 'Groups to bind to the role.', default: [] },
  serviceaccount: {
    type: 'array',
    help: 'Service accounts to bind to the role, in the format <namespace>:<name>.',
    default: [],
  },
  user: { type: 'array', help: 'Usernames to bind to the role.', default: [] },
} as const;

export interface SubjectFlags {
  readonly group: readonly string[];
  readonly serviceaccount: readonly string[];
  readonly user: readonly string[];
}

/** The subjects of a binding: users and groups, then service accounts. */
export function subjectsOf({ user, group, serviceaccount }: SubjectFlags): Record<string, string>[] {
  const apiGroup = 'rbac.authorization.k8s.io';
  return [
    ...user.map((name) => ({ apiGroup, kind: 'User', name })),
    ...group.map((name) => ({ apiGroup, kind: 'Group', name })),
    ...serviceaccount.map((text) => {
      const [namespace = '', name = '', ...more] = text.split(':');
      if (namespace === '' || name === '' || more.length > 0) {
        throw new Error(`serviceaccount must be <namespace>:<name>`);
      }
      return { kind: 'ServiceAccount', name, namespace };
    }),
  ];
}

function roleRef(kind: string, name: string): Record<string, string> {
  return { apiGroup: 'rbac.authorization.k8s.io', kind, name };
}

export const createClusterRoleBindingCommand = generatorCommand({
  words: 'create clusterrolebinding',
  failure: 'failed to create clusterrolebinding:',
  use: 'NAME --clusterrole=NAME [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname]',
  short: 'Create a cluster role binding for a particular cluster role',
  flags: {
    clusterrole: { type: 'string', help: 'ClusterRole this ClusterRoleBinding should reference', default: '' },
    ...subjectFlags,
  },
  required: ['clusterrole'],
  build: (_name, { flags }) => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    roleRef: roleRef('ClusterRole', flags.clusterrole),
    ...subjectsMember(flags),
  }),
});

export const createRoleBindingCommand = generatorCommand({
  words: 'create rolebinding',
  failure: 'failed to create rolebinding:',
  use: 'NAME --clusterrole=NAME|--role=NAME [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname]',
  short: 'Create a role binding for a particular role or cluster role',
  flags: {
    clusterrole: { type: 'string', help: 'ClusterRole this RoleBinding should reference', default: '' },
    role: { type: 'string', help: 'Role this RoleBinding should reference', default: '' },
    ...subjectFlags,
  },
  build(_name, { flags }) {
    if ((flags.clusterrole === '') === (flags.role === '')) {
      throw new Error('exactly one of clusterrole or role must be specified');
    }
    return {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      roleRef: flags.role ? roleRef('Role', flags.role) : roleRef('ClusterRole', flags.clusterrole),
      ...subjectsMember(flags),
    };
  },
});

function subjectsMember(flags: SubjectFlags): { subjects?: Record<string, string>[] } {
  const subjects = subjectsOf(flags);
  return subjects.length > 0 ? { subjects } : {};
}
