import { subdomainProblems } from '@typernetes/machinery';
import type { AccessAttributes } from '../authorization/authorizer.ts';
import { forbiddenError } from '../authorization/union.ts';
import {
  anonymousUser,
  authenticatedGroup,
  serviceAccountGroups,
  splitServiceAccountUsername,
  unauthenticatedGroup,
} from '../identity/groups.ts';
import type { UserInfo } from '../identity/user-info.ts';

/** Whom a request is made as. `constraint`: the verb that allowed no more than this kind of user, as the audit log shows it. */
export interface Impersonated {
  readonly user: UserInfo;
  readonly constraint?: string;
}

/** Throws a StatusError Forbidden unless the access is allowed. */
export type RequireAccess = (access: AccessAttributes) => Promise<void>;

interface Attempt {
  readonly sender: UserInfo;
  /** The requested access. */
  readonly access: AccessAttributes;
  readonly requireAccess: RequireAccess;
}

/** One way to be allowed to act as another user. */
export interface ImpersonationMode {
  readonly name: string;
  /** Whether this way leads to such users at all. */
  applies(wanted: UserInfo, sender: UserInfo): boolean;
  /** Rejects with Forbidden for the first thing that the sender may not. */
  impersonate(wanted: UserInfo, attempt: Attempt): Promise<Impersonated>;
}

const nodePrefix = 'system:node:';
const nodesGroup = 'system:nodes';
const privilegedGroup = 'system:masters';
const nodeNameKey = 'authentication.kubernetes.io/node-name';
const associatedKeys = 'authentication.kubernetes.io/associated-node-keys';
const authentication = { apiGroup: 'authentication.k8s.io', apiVersion: 'v1' };
const core = { apiGroup: '', apiVersion: 'v1' };
/** From this number of groups or extras on, first check whether the user may impersonate all of them. */
const many = 4;

const isOnlyName = ({ uid, groups, extra }: UserInfo): boolean =>
  !uid && groups.length === 0 && Object.keys(extra ?? {}).length === 0;

function nodeOf(username: string): string | undefined {
  if (!username.startsWith(nodePrefix)) return undefined;
  const name = username.slice(nodePrefix.length);
  return subdomainProblems(name).length === 0 ? name : undefined;
}

const isServiceAccount = (username: string): boolean => splitServiceAccountUsername(username) !== undefined;

/** The node on which the pod of a service account's token runs. */
function ownNodeOf({ username, extra }: UserInfo): string | undefined {
  const names = extra?.[nodeNameKey];
  return isServiceAccount(username) && names?.length === 1 ? names[0] : undefined;
}

/**
 * Requires two permissions: to do the requested action in this mode (`impersonate-on:<mode>:<verb>`), and to
 * impersonate this user (`impersonate:<mode>`).
 */
function constrainedMode(name: string, applies: ImpersonationMode['applies']): ImpersonationMode {
  return {
    name,
    applies,
    impersonate: async (wanted, { sender, access, requireAccess }) => {
      await requireAccess({ ...access, user: sender, verb: `impersonate-on:${name}:${access.verb}` });
      const verb = `impersonate:${name}`;
      return { user: await authorized(wanted, { verb, constrained: true, sender, requireAccess }), constraint: verb };
    },
  };
}

/** An agent may be the node on which it runs: the right is for all nodes, and each agent has it for its own only. */
const associatedNode = constrainedMode(
  'associated-node',
  (wanted, sender) =>
    isOnlyName(wanted) && nodeOf(wanted.username) !== undefined && nodeOf(wanted.username) === ownNodeOf(sender),
);

export const legacyMode: ImpersonationMode = {
  name: 'legacy',
  applies: () => true,
  impersonate: async (wanted, { sender, requireAccess }) => ({
    user: await authorized(wanted, { verb: 'impersonate', constrained: false, sender, requireAccess }),
  }),
};

/** The least first. */
export const impersonationModes: readonly ImpersonationMode[] = [
  {
    ...associatedNode,
    impersonate: (wanted, { sender, access, requireAccess }) =>
      associatedNode.impersonate(wanted, {
        sender: { ...sender, extra: { [associatedKeys]: Object.keys(sender.extra ?? {}).sort() } },
        access,
        requireAccess: (asked) =>
          requireAccess(asked.verb === 'impersonate:associated-node' ? { ...asked, name: '*' } : asked),
      }),
  },
  constrainedMode('arbitrary-node', (wanted) => isOnlyName(wanted) && nodeOf(wanted.username) !== undefined),
  constrainedMode('serviceaccount', (wanted) => isOnlyName(wanted) && isServiceAccount(wanted.username)),
  constrainedMode('user-info', ({ username }) => nodeOf(username) === undefined && !isServiceAccount(username)),
  legacyMode,
];

interface Authorization {
  readonly verb: string;
  readonly constrained: boolean;
  readonly sender: UserInfo;
  readonly requireAccess: RequireAccess;
}

/** Asks for every part of the user, and gives it the groups that it always has. */
async function authorized(wanted: UserInfo, options: Authorization): Promise<UserInfo> {
  const { username, uid, groups, extra } = wanted;
  const { verb, constrained, sender, requireAccess } = options;
  const named = constrained ? authentication : core;
  const of = (part: Partial<AccessAttributes> & { resource: string; name: string }): AccessAttributes => ({
    ...nothing,
    ...authentication,
    verb,
    user: sender,
    ...part,
  });
  const account = splitServiceAccountUsername(username);
  const node = constrained ? nodeOf(username) : undefined;
  if (account) await requireAccess(of({ ...named, resource: 'serviceaccounts', ...account }));
  else if (node !== undefined) await requireAccess(of({ ...named, resource: 'nodes', name: node }));
  else await requireAccess(of({ ...named, resource: 'users', name: username }));
  if (uid) await requireAccess(of({ resource: 'uids', name: uid }));
  if (groups.length > 0) {
    const group = (name: string) => of({ ...named, resource: 'groups', name });
    if (constrained) checkGroups(groups, group);
    await eachOrAll(groups.map(group), group('*'), options);
  }
  const extras = Object.entries(extra ?? {});
  if (extras.length > 0) {
    const one = (subresource: string, name: string) => of({ resource: 'userextras', subresource, name });
    if (constrained) checkExtra(extras, one('', ''));
    const asked = extras.flatMap(([key, values]) => values.map((value) => one(key, value)));
    await eachOrAll(asked, one('*', '*'), options, extras.length);
  }
  const implied = account && groups.length === 0 ? serviceAccountGroups(account.namespace) : groups;
  const own = node === undefined ? implied : [nodesGroup];
  return { ...wanted, groups: withStanding(username, own) };
}

async function eachOrAll(
  each: readonly AccessAttributes[],
  all: AccessAttributes,
  { constrained, requireAccess }: Authorization,
  count = each.length,
): Promise<void> {
  if (constrained && Math.max(count, each.length) >= many) {
    const allowed = await requireAccess(all).then(
      () => true,
      () => false,
    );
    if (allowed) return;
  }
  for (const access of each) await requireAccess(access);
}

const refused = (access: AccessAttributes, reason: string): Error =>
  forbiddenError(access, { verdict: 'deny', reason });

function checkGroups(groups: readonly string[], at: (name: string) => AccessAttributes): void {
  if (groups.includes('')) throw refused(at(''), 'impersonating the empty string group is not allowed');
  if (groups.includes(privilegedGroup)) {
    throw refused(at(privilegedGroup), 'impersonating the system:masters group is not allowed');
  }
}

const pathPart = /^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/;

function checkExtra(extras: readonly (readonly [string, readonly string[]])[], at: AccessAttributes): void {
  for (const [key, values] of extras) {
    const slash = key.indexOf('/');
    const isPath =
      slash > 0 && subdomainProblems(key.slice(0, slash)).length === 0 && pathPart.test(key.slice(slash + 1));
    if (!isPath) {
      const why = `extra.key: Invalid value: ${JSON.stringify(key)}: must be a domain-prefixed path (such as "acme.io/foo")`;
      throw refused(at, `impersonating an invalid key in extra is not allowed: ${why}`);
    }
    if (values.length === 0) throw refused(at, 'impersonating empty values in extra is not allowed');
    if (values.includes('')) throw refused(at, 'impersonating the empty string value in extra is not allowed');
  }
}

/** Every user except the anonymous one is authenticated, unless the groups say otherwise. */
function withStanding(username: string, groups: readonly string[]): readonly string[] {
  if (username !== anonymousUser && groups.includes(unauthenticatedGroup)) return groups;
  const standing = username === anonymousUser ? unauthenticatedGroup : authenticatedGroup;
  return groups.includes(standing) ? groups : [...groups, standing];
}

const nothing: Omit<AccessAttributes, 'user' | 'verb' | 'apiGroup' | 'apiVersion'> = {
  isResourceRequest: true,
  path: '',
  namespace: '',
  resource: '',
  subresource: '',
  name: '',
};
