import type { JWTAuthenticator } from '@typernetes/api/apiserver.config/v1';
import { type Clock, messageOf } from '@typernetes/base';
import { decodeJwt } from '@typernetes/pki';
import type { TokenAuthenticator } from '../bearer-token.ts';
import { claimsReader } from './claims.ts';
import { DistributedClaim } from './distributed-claims.ts';
import type { IssuerKeysOptions } from './issuer-keys.ts';
import type { JwtMetrics } from './jwt-metrics.ts';
import { TokenVerifier } from './token-verifier.ts';

interface JwtAuthenticatorOptions {
  readonly config: JWTAuthenticator;
  readonly signingAlgorithms: readonly string[];
  readonly clock: Clock;
  readonly dial?: IssuerKeysOptions['dial'];
  readonly fetchJson?: IssuerKeysOptions['fetchJson'];
  readonly observer?: JwtMetrics | undefined;
}

/**
 * Tokens of an OpenID Connect issuer: signed by its keys, for one of the audiences, mapped to a user by its claims. The
 * groups claim may be distributed.
 */
export function jwtAuthenticator({
  config,
  signingAlgorithms,
  clock,
  dial,
  fetchJson,
  observer,
}: JwtAuthenticatorOptions): TokenAuthenticator {
  const { url, discoveryURL, certificateAuthority: ca, audiences } = config.issuer;
  const common = { ca, audiences, signingAlgorithms, clock, dial, ...(fetchJson ? { fetchJson } : {}) };
  const verifier = new TokenVerifier({
    ...common,
    issuer: url,
    discoveryUrl: discoveryURL,
    onRead: (keys) => observer?.keysRead(url, keys),
  });
  const claim = config.claimMappings.groups?.claim;
  const distributed = claim ? new DistributedClaim({ ...common, claim }) : undefined;
  const userOf = claimsReader(config);
  return {
    name: 'oidc',
    authenticateToken: async (token) => {
      if (decodeJwt(token)?.claims.iss !== url) return undefined;
      const startedAt = clock.monotonic();
      const judged = (result: 'success' | 'failure'): void =>
        observer?.judged(url, result, (clock.monotonic() - startedAt) / 1000);
      try {
        const claims = await verifier.verify(token).catch(because('verify token'));
        const whole = await distributed?.expand(claims).catch(because('could not expand distributed claims'));
        const user = userOf(whole ?? claims);
        judged('success');
        return { user };
      } catch (error) {
        judged('failure');
        throw error;
      }
    },
  };
}

const because =
  (what: string) =>
  (cause: unknown): never => {
    throw new Error(`oidc: ${what}: ${messageOf(cause)}`, { cause });
  };
