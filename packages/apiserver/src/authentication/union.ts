import { StatusError } from '@typernetes/machinery';
import { anonymousUser, authenticatedGroup, unauthenticatedGroup } from '../identity/groups.ts';
import type { UserInfo } from '../identity/user-info.ts';
import type { Authenticator, Credentials } from './authenticator.ts';

interface UnionOptions {
  /** Whether a request without credentials is `system:anonymous` instead of refused; may depend on its path. */
  readonly anonymous: boolean | ((path: string) => boolean);
}

/**
 * Authenticates a request, synchronously if no other service has to be asked. Throws a StatusError Unauthorized when no
 * authenticator accepts it.
 */
export type Authenticate = (credentials: Credentials) => UserInfo | Promise<UserInfo>;

export function unauthorized(cause?: unknown): StatusError {
  return new StatusError('Unauthorized', 'Unauthorized', cause === undefined ? {} : { cause });
}

/**
 * Asks the authenticators in order; the first that accepts decides. Invalid credentials are refused, not treated as
 * anonymous, unless another authenticator accepts other credentials of the request. Synchronous as long as every
 * authenticator is.
 */
export function unionAuthenticator(
  authenticators: readonly Authenticator[],
  { anonymous }: UnionOptions,
): Authenticate {
  const unrecognised = ({ path = '' }: Credentials, refusal: unknown): UserInfo => {
    if (refusal !== undefined) throw unauthorized(refusal);
    if (!(typeof anonymous === 'function' ? anonymous(path) : anonymous)) throw unauthorized();
    return { username: anonymousUser, groups: [unauthenticatedGroup] };
  };
  const askFrom = (credentials: Credentials, first: number, refused?: unknown): UserInfo | Promise<UserInfo> => {
    let refusal = refused;
    for (let at = first; at < authenticators.length; at++) {
      try {
        const user = authenticators[at]?.authenticate(credentials);
        if (user instanceof Promise)
          return user.then(
            (found) => (found ? withAuthenticatedGroup(found) : askFrom(credentials, at + 1, refusal)),
            (error: unknown) => askFrom(credentials, at + 1, refusal ?? error),
          );
        if (user) return withAuthenticatedGroup(user);
      } catch (error) {
        refusal ??= error;
      }
    }
    return unrecognised(credentials, refusal);
  };
  return (credentials) => askFrom(credentials, 0);
}

/** Whoever was recognised is authenticated, except those who are somebody without being anybody. */
export function withAuthenticatedGroup(user: UserInfo): UserInfo {
  if (user.username === anonymousUser) return user;
  if (user.groups.includes(authenticatedGroup) || user.groups.includes(unauthenticatedGroup)) return user;
  return { ...user, groups: [...user.groups, authenticatedGroup] };
}
