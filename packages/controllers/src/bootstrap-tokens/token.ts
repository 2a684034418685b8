import type { Secret } from '@typernetes/api/core/v1';
import { parseTime } from '@typernetes/machinery';
import type { BootstrapToken } from '@typernetes/pki';

export const tokenSecretType = 'bootstrap.kubernetes.io/token';
export const tokenNamespace = 'kube-system';

function field({ data }: Secret, name: string): string {
  return Buffer.from(data?.[name] ?? '', 'base64').toString('utf8');
}

/**
 * When the token expires, in milliseconds since the epoch: never without an expiration, at once with a malformed one.
 */
export function expiryOf(secret: Secret): number {
  const text = field(secret, 'expiration');
  if (text === '') return Number.POSITIVE_INFINITY;
  const at = parseTime(text);
  return Number.isNaN(at) ? Number.NEGATIVE_INFINITY : at;
}

/** The token, if it may sign the cluster's information now. */
export function signingTokenOf(secret: Secret, now: number): BootstrapToken | undefined {
  const id = field(secret, 'token-id');
  const fits = secret.type === tokenSecretType && secret.metadata.name === `bootstrap-token-${id}`;
  const usable = field(secret, 'usage-bootstrap-signing') === 'true' && expiryOf(secret) > now;
  const token = { id, secret: field(secret, 'token-secret') };
  return fits && usable && token.secret !== '' && secret.metadata.deletionTimestamp === undefined ? token : undefined;
}
