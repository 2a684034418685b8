import { badRequest } from '@typernetes/machinery';
import type { AccessAttributes } from '../authorization/authorizer.ts';
import type { Credentials, UserInfo } from './authenticator.ts';
import {
  anonymousUser,
  authenticatedGroup,
  serviceAccountGroups,
  splitServiceAccountUsername,
  unauthenticatedGroup,
} from './groups.ts';
import { extraOf, headerValues } from './request-header.ts';
import { withAuthenticatedGroup } from './union.ts';

const extraPrefix = 'impersonate-extra-';

/** Throws a StatusError Forbidden unless the access is allowed. */
export type RequireAccess = (access: AccessAttributes) => Promise<void>;

/**
 * Whom the request is made as: the sender, or the user in its `Impersonate-*` headers if the sender may impersonate every part
 * of that user. Throws Forbidden for the first part that it may not, BadRequest for groups or extra without a user.
 */
export async function impersonate(
  sender: UserInfo,
  credentials: Credentials,
  requireAccess: RequireAccess,
): Promise<UserInfo> {
  const username = credentials.headers['impersonate-user'];
  const groups = headerValues(credentials, ['impersonate-group']);
  const uid = credentials.headers['impersonate-uid'];
  const extra = extraOf(credentials, [extraPrefix]);
  if (!username) {
    if (groups.length > 0 || uid || extra) {
      throw badRequest('requested impersonation of groups, uid or extra without impersonating a user');
    }
    return sender;
  }
  const require = (part: Partial<AccessAttributes> & { resource: string; name: string }): Promise<void> =>
    requireAccess({ ...impersonation, user: sender, ...part });

  const account = splitServiceAccountUsername(username);
  if (account) await require({ resource: 'serviceaccounts', ...account });
  else await require({ resource: 'users', name: username });
  for (const group of groups) await require({ resource: 'groups', name: group });
  for (const [subresource, values] of Object.entries(extra ?? {})) {
    for (const name of values) await require({ ...authentication, resource: 'userextras', subresource, name });
  }
  if (uid) await require({ ...authentication, resource: 'uids', name: uid });

  const implied = account && groups.length === 0 ? serviceAccountGroups(account.namespace) : groups;
  const user = { username, groups: implied, ...(uid ? { uid } : {}), ...(extra ? { extra } : {}) };
  if (username !== anonymousUser) return withAuthenticatedGroup(user);
  const known = [authenticatedGroup, unauthenticatedGroup].some((group) => implied.includes(group));
  return known ? user : { ...user, groups: [...implied, unauthenticatedGroup] };
}

const authentication = { apiGroup: 'authentication.k8s.io', apiVersion: 'v1' };

const impersonation: Omit<AccessAttributes, 'user'> = {
  isResourceRequest: true,
  path: '',
  verb: 'impersonate',
  apiGroup: '',
  apiVersion: 'v1',
  namespace: '',
  resource: '',
  subresource: '',
  name: '',
};
