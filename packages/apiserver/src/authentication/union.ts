import { StatusError } from '@typernetes/machinery';
import type { Authenticator, Credentials, UserInfo } from './authenticator.ts';
import { anonymousUser, authenticatedGroup, unauthenticatedGroup } from './groups.ts';

export interface UnionOptions {
  /** Whether a request without credentials is `system:anonymous` instead of refused; may depend on its path. */
  readonly anonymous: boolean | ((path: string) => boolean);
}

/** Who sends the request. Throws a StatusError Unauthorized when nobody vouches for the sender. */
export type Authenticate = (credentials: Credentials) => Promise<UserInfo>;

export function unauthorized(cause?: unknown): StatusError {
  return new StatusError('Unauthorized', 'Unauthorized', cause === undefined ? {} : { cause });
}

/**
 * Asks the authenticators in order; the first that recognises the sender decides. Wrong credentials are never anonymous: they
 * are refused unless another authenticator accepts what else the request shows.
 */
export function unionAuthenticator(authenticators: readonly Authenticator[], options: UnionOptions): Authenticate {
  return async (credentials) => {
    let refusal: unknown;
    for (const authenticator of authenticators) {
      try {
        const user = await authenticator.authenticate(credentials);
        if (user) return withAuthenticatedGroup(user);
      } catch (error) {
        refusal ??= error;
      }
    }
    if (refusal !== undefined) throw unauthorized(refusal);
    const { anonymous } = options;
    if (!(typeof anonymous === 'function' ? anonymous(credentials.path ?? '') : anonymous)) throw unauthorized();
    return { username: anonymousUser, groups: [unauthenticatedGroup] };
  };
}

/** Whoever was recognised is authenticated, except those who are somebody without being anybody. */
export function withAuthenticatedGroup(user: UserInfo): UserInfo {
  if (user.username === anonymousUser) return user;
  if (user.groups.includes(authenticatedGroup) || user.groups.includes(unauthenticatedGroup)) return user;
  return { ...user, groups: [...user.groups, authenticatedGroup] };
}
