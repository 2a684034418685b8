import { timingSafeEqual } from 'node:crypto';
import type { Secret } from '@typernetes/api/core/v1';
import type { Clock } from '@typernetes/base';
import { bootstrapTokenSecretName, parseBootstrapToken } from '@typernetes/pki';
import { bootstrappersGroup } from '../identity/groups.ts';
import type { ObjectSource } from '../object-source.ts';
import type { TokenAuthenticator } from './bearer-token.ts';

interface BootstrapTokenDeps {
  readonly secrets: ObjectSource<Secret>;
  readonly clock: Pick<Clock, 'now'>;
}

const extraGroupPattern = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;

/** Tokens for joining machines: the secrets `bootstrap-token-<id>` in kube-system. */
export function bootstrapTokenAuthenticator({ secrets, clock }: BootstrapTokenDeps): TokenAuthenticator {
  return {
    name: 'bootstrap-token',
    authenticateToken: async (text) => {
      const token = parseBootstrapToken(text);
      if (!token) return undefined;
      const secret = await secrets.get(`kube-system/${bootstrapTokenSecretName(token.id)}`);
      const groups = secret && groupsOf(secret, token, clock.now());
      return groups && { user: { username: `system:bootstrap:${token.id}`, groups } };
    },
  };
}

/** The groups that a token's secret gives its holder; undefined when it does not (or no longer) vouch for the token. */
function groupsOf(secret: Secret, token: { id: string; secret: string }, now: number): string[] | undefined {
  const field = (key: string): string => Buffer.from(secret.data?.[key] ?? '', 'base64').toString('utf8');
  if (secret.metadata.deletionTimestamp || secret.type !== 'bootstrap.kubernetes.io/token') return undefined;
  if (!sameText(field('token-secret'), token.secret) || field('token-id') !== token.id) return undefined;
  if (field('usage-bootstrap-authentication') !== 'true') return undefined;
  const expiration = field('expiration');
  // An unreadable expiry counts as expired.
  if (expiration !== '' && !(Date.parse(expiration) > now)) return undefined;
  const extra = field('auth-extra-groups')
    .split(',')
    .filter((group) => group !== '');
  if (!extra.every((group) => extraGroupPattern.test(group))) return undefined;
  return [...new Set([bootstrappersGroup, ...extra])].sort();
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
