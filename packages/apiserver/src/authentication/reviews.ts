import type { UserInfo as ApiUserInfo, SelfSubjectReview, TokenReview } from '@typernetes/api/authentication/v1';
import { badRequest } from '@typernetes/machinery';
import type { UserInfo } from '../identity/user-info.ts';
import { authenticateToken, type TokenAuthenticator } from './bearer-token.ts';
import { withAuthenticatedGroup } from './union.ts';

const apiVersion = 'authentication.k8s.io/v1';

/** The error for an invalid token, or one for other audiences. */
const unknownToken = 'invalid bearer token';

interface TokenReviewDeps {
  readonly tokens: readonly TokenAuthenticator[];
  readonly apiAudiences: readonly string[];
}

/** Answers a TokenReview: the token's user, and for which of the requested audiences it is valid. */
export async function reviewToken(review: TokenReview, deps: TokenReviewDeps): Promise<TokenReview> {
  const { token = '', audiences = [] } = review.spec ?? {};
  if (token === '') throw badRequest('token is required for TokenReview in authentication');
  const asked = audiences.length > 0 ? audiences : deps.apiAudiences;
  const answered = (status: TokenReview['status']): TokenReview => ({
    ...review,
    kind: 'TokenReview',
    apiVersion,
    status,
  });
  try {
    const owner = await authenticateToken(deps.tokens, token, asked);
    const good = owner.audiences ?? deps.apiAudiences.filter((one) => asked.includes(one));
    if (good.length === 0 && asked.length > 0) return answered({ user: {}, error: unknownToken });
    return answered({
      authenticated: true,
      user: toApi(withAuthenticatedGroup(owner.user)),
      ...(good.length > 0 ? { audiences: [...good] } : {}),
    });
  } catch (error) {
    const why = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    return answered({ user: {}, error: why === unknownToken ? why : `[${unknownToken}, ${why}]` });
  }
}

/** Answers a SelfSubjectReview: who the server thinks its sender is. */
export function reviewSelf(review: SelfSubjectReview, user: UserInfo): SelfSubjectReview {
  return { ...review, kind: 'SelfSubjectReview', apiVersion, status: { userInfo: toApi(user) } };
}

function toApi(user: UserInfo): ApiUserInfo {
  const extra = user.extra && Object.fromEntries(Object.entries(user.extra).map(([key, values]) => [key, [...values]]));
  return {
    username: user.username,
    ...(user.uid ? { uid: user.uid } : {}),
    groups: [...user.groups],
    ...(extra ? { extra } : {}),
  };
}
