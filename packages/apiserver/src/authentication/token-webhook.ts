import { createHash } from 'node:crypto';
import type { TokenReviewStatus } from '@typernetes/api/authentication/v1';
import type { Clock } from '@typernetes/base';
import { isJsonObject } from '@typernetes/machinery';
import { ExpiringCache } from '../webhook/expiring-cache.ts';
import type { KubeconfigWebhook } from '../webhook/kubeconfig-webhook.ts';
import type { TokenAuthenticator, TokenOwner } from './bearer-token.ts';

interface TokenWebhookOptions {
  readonly webhook: Pick<KubeconfigWebhook, 'post'>;
  /** `v1` or `v1beta1`. */
  readonly version: string;
  /** How long answers are cached. */
  readonly ttlMs: number;
  readonly clock: Clock;
}

/** Posts a TokenReview for each token that nobody else knew. */
export function tokenWebhookAuthenticator({ webhook, version, ttlMs, clock }: TokenWebhookOptions): TokenAuthenticator {
  const answers = new ExpiringCache<TokenReviewStatus>(clock);
  const review = async (token: string, audiences: readonly string[]): Promise<TokenReviewStatus> => {
    const key = createHash('sha256')
      .update(JSON.stringify([token, audiences]))
      .digest('base64');
    const known = answers.get(key);
    if (known) return known;
    const answer = await webhook.post({
      kind: 'TokenReview',
      apiVersion: `authentication.k8s.io/${version}`,
      metadata: {},
      spec: { token, ...(audiences.length > 0 ? { audiences } : {}) },
      status: { user: {} },
    });
    if (!isJsonObject(answer) || !isJsonObject(answer.status)) throw new Error('the webhook answered without a status');
    const status = answer.status as TokenReviewStatus;
    answers.set(key, status, ttlMs);
    return status;
  };
  return {
    name: 'token-webhook',
    authenticateToken: async (token, audiences): Promise<TokenOwner | undefined> => {
      const { authenticated, user, error, audiences: good } = await review(token, audiences);
      if (!authenticated) {
        if (error) throw new Error(error);
        return undefined;
      }
      // A webhook without audience support vouches for the API server itself; one with it must return a common
      // audience.
      const common = good?.length ? audiences.filter((one) => good.includes(one)) : [...audiences];
      if (audiences.length > 0 && common.length === 0) return undefined;
      return {
        user: {
          username: user?.username ?? '',
          ...(user?.uid ? { uid: user.uid } : {}),
          groups: user?.groups ?? [],
          ...(user?.extra ? { extra: user.extra } : {}),
        },
        audiences: common,
      };
    },
  };
}
