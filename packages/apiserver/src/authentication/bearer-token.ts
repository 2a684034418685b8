import type { UserInfo } from '../identity/user-info.ts';
import type { Authenticator, Credentials } from './authenticator.ts';
import { unauthorized } from './union.ts';

/**
 * The user of a token, and the audiences asked about for which it is valid (none: tokens of this kind have no
 * audiences).
 */
export interface TokenOwner {
  readonly user: UserInfo;
  readonly audiences?: readonly string[];
}

/**
 * One kind of bearer token. Resolves to undefined when the token is of another kind or unknown; throws when it is of
 * this kind but invalid.
 */
export interface TokenAuthenticator {
  readonly name: string;
  authenticateToken(token: string, audiences: readonly string[]): Promise<TokenOwner | undefined>;
}

/** Asks each kind in order. Throws the first refusal when none accepts. */
export async function authenticateToken(
  kinds: readonly TokenAuthenticator[],
  token: string,
  audiences: readonly string[],
): Promise<TokenOwner> {
  let refusal: unknown;
  for (const kind of kinds) {
    try {
      const owner = await kind.authenticateToken(token, audiences);
      if (owner) return owner;
    } catch (error) {
      refusal ??= error;
    }
  }
  throw unauthorized(refusal ?? new Error('invalid bearer token'));
}

/** Handles `Authorization: Bearer ...`, and the WebSocket protocol by which browsers send a token. */
export function bearerTokenAuthenticator(
  kinds: readonly TokenAuthenticator[],
  audiences: readonly string[],
): Authenticator {
  return {
    name: 'bearer-token',
    authenticate: (credentials) => {
      const token = bearerTokenOf(credentials);
      return token === undefined ? undefined : authenticateToken(kinds, token, audiences).then(({ user }) => user);
    },
  };
}

const websocketPrefix = 'base64url.bearer.authorization.k8s.io.';

export function bearerTokenOf({ headers }: Credentials): string | undefined {
  // One space only: as upstream, after two there is no token.
  const [, fromHeader] = /^\s*bearer (\S+)/i.exec(headers.authorization ?? '') ?? [];
  if (fromHeader !== undefined) return fromHeader;
  const protocols = headers['sec-websocket-protocol']?.split(',').map((one) => one.trim()) ?? [];
  const encoded = protocols.find((one) => one.startsWith(websocketPrefix))?.slice(websocketPrefix.length);
  return encoded ? Buffer.from(encoded, 'base64url').toString('utf8') : undefined;
}

/** Whether a header has a token that is ignored because of extra spaces. */
export const hasExtraSpace = (authorization: string | undefined): boolean =>
  authorization !== undefined && /^\s*bearer \s+\S/i.test(authorization);
