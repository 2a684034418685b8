import type { JWTAuthenticator } from '@typernetes/api/apiserver.config/v1';
import type { Clock } from '@typernetes/base';
import { decodeJwt, isPublicKeyAlgorithm, isSignedBy, type JwtClaims } from '@typernetes/pki';
import type { TokenAuthenticator } from '../bearer-token.ts';
import { claimsReader } from './claims.ts';
import { IssuerKeys, type IssuerKeysOptions } from './issuer-keys.ts';

export interface JwtAuthenticatorOptions {
  readonly config: JWTAuthenticator;
  readonly signingAlgorithms: readonly string[];
  readonly clock: Clock;
  readonly fetchJson?: IssuerKeysOptions['fetchJson'];
}

/** Tokens of an OpenID Connect issuer: signed by its keys, for one of the audiences, mapped to a user by its claims. */
export function jwtAuthenticator({
  config,
  signingAlgorithms,
  clock,
  fetchJson,
}: JwtAuthenticatorOptions): TokenAuthenticator {
  const { url, discoveryURL, certificateAuthority, audiences } = config.issuer;
  const keys = new IssuerKeys({
    issuer: url,
    discoveryUrl: discoveryURL,
    ca: certificateAuthority,
    clock,
    ...(fetchJson ? { fetchJson } : {}),
  });
  const userOf = claimsReader(config);
  return {
    name: 'oidc',
    authenticateToken: async (token) => {
      const decoded = decodeJwt(token);
      if (!decoded || decoded.claims.iss !== url) return undefined;
      const { algorithm, keyId, claims } = decoded;
      if (!signingAlgorithms.includes(algorithm) || !isPublicKeyAlgorithm(algorithm))
        throw new Error(
          `oidc: verify token: oidc: id token signed with unsupported algorithm, expected ${JSON.stringify(signingAlgorithms)} got ${JSON.stringify(algorithm)}`,
        );
      const candidates = await keys.candidates(keyId);
      if (!candidates.some((key) => isSignedBy(token, key, algorithm)))
        throw new Error('oidc: verify token: failed to verify signature: failed to verify id token signature');
      checkTimes(claims, clock.now() / 1000);
      const named = [claims.aud ?? []].flat();
      if (!named.some((audience) => audiences.includes(String(audience))))
        throw new Error(
          `oidc: verify token: oidc: expected audience in ${JSON.stringify(audiences)} got ${JSON.stringify(named)}`,
        );
      return { user: userOf(claims) };
    },
  };
}

/** The clocks of issuers may be ahead by so much. */
const leewaySeconds = 300;

function checkTimes({ exp, nbf }: JwtClaims, now: number): void {
  if (typeof exp !== 'number' || now > exp) throw new Error('oidc: verify token: oidc: token is expired');
  if (typeof nbf === 'number' && now + leewaySeconds < nbf)
    throw new Error('oidc: verify token: oidc: current time is before the nbf (not before) time');
}
