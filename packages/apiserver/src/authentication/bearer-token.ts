import type { Authenticator, Credentials, UserInfo } from './authenticator.ts';
import { unauthorized } from './union.ts';

/** Whom a token stands for, and for which of the audiences asked about it is good (none: the token knows no audiences). */
export interface TokenOwner {
  readonly user: UserInfo;
  readonly audiences?: readonly string[];
}

/**
 * One kind of bearer token. Resolves to undefined when the token is of another kind or unknown; throws when it is of this kind
 * and wrong.
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

/** `Authorization: Bearer ...`, and the WebSocket protocol by which browsers send a token. */
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
  // One space: behind two there is no token, as far as upstream reads.
  const [, fromHeader] = /^\s*bearer (\S+)/i.exec(headers.authorization ?? '') ?? [];
  if (fromHeader !== undefined) return fromHeader;
  const protocols = headers['sec-websocket-protocol']?.split(',').map((one) => one.trim()) ?? [];
  const encoded = protocols.find((one) => one.startsWith(websocketPrefix))?.slice(websocketPrefix.length);
  return encoded ? Buffer.from(encoded, 'base64url').toString('utf8') : undefined;
}

/** Whether a header names a token that is not read because too much space is before it. */
export const hasExtraSpace = (authorization: string | undefined): boolean =>
  authorization !== undefined && /^\s*bearer \s+\S/i.test(authorization);
