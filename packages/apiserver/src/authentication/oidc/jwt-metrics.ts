import type { Clock } from '@typernetes/base';
import type { Metrics } from '@typernetes/process';
import { hashText } from '../../observers/reload-metrics.ts';

/** Receives the events of OpenID Connect authenticators, each labelled with its issuer. */
export interface JwtMetrics {
  /** A token of the issuer was looked at. */
  judged(issuer: string, result: 'success' | 'failure', seconds: number): void;
  /** The issuer's keys were read: their text, or nothing where that failed. */
  keysRead(issuer: string, keys: string | undefined): void;
}

/** `apiserver_authentication_jwt_authenticator_*`, by hashes of issuers and of the server, as upstream's. */
export function jwtMetrics(
  metrics: Metrics,
  { serverId, clock }: { readonly serverId: string; readonly clock: Pick<Clock, 'now'> },
): JwtMetrics {
  const name = (rest: string): string => `apiserver_authentication_jwt_authenticator_${rest}`;
  const latency = metrics.histogram(name('latency_seconds'), {
    help: 'Latency of jwt authentication operations in seconds. This is the time spent authenticating a token for cache miss only (i.e. when the token is not found in the cache).',
    labels: ['result', 'jwt_issuer_hash'],
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  });
  const readAt = metrics.gauge(name('jwks_fetch_last_timestamp_seconds'), {
    help: 'Timestamp of the last successful or failed JWKS fetch split by result, api server identity and jwt issuer for the JWT authenticator.',
    labels: ['result', 'jwt_issuer_hash', 'apiserver_id_hash'],
  });
  const keySets = metrics.gauge(name('jwks_fetch_last_key_set_info'), {
    help: 'Information about the last JWKS fetched by the JWT authenticator with hash as label, split by api server identity and jwt issuer.',
    labels: ['jwt_issuer_hash', 'apiserver_id_hash', 'hash'],
  });
  const server = hashText(serverId);
  /** The hash of the last known keys, by the hash of the issuer. */
  const known = new Map<string, string>();
  return {
    judged: (issuer, result, seconds) => latency.observe(seconds, [result, hashText(issuer)]),
    keysRead: (issuer, keys) => {
      const of = hashText(issuer);
      readAt.set(clock.now() / 1000, [keys === undefined ? 'failure' : 'success', of, server]);
      if (keys === undefined) return;
      known.set(of, hashText(keys));
      // Remove those of the previous configuration.
      keySets.clear();
      for (const [one, hash] of known) keySets.set(1, [one, server, hash]);
    },
  };
}
