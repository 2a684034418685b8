import type { TokenRequest } from '@typernetes/api/authentication/v1';
import type { Pod } from '@typernetes/api/core/v1';
import type { Clock } from '@typernetes/base';
import type { IssuedToken } from '../volumes/sources.ts';

interface Token {
  readonly issued: IssuedToken;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

type RequestToken = (
  serviceAccount: { namespace: string; name: string },
  request: Pick<TokenRequest, 'spec'> & { apiVersion: string; kind: string },
) => Promise<TokenRequest>;

const dayMs = 24 * 3600 * 1000;

/** Tokens for pods, bound to them: asked for once and again when four fifths of their life, or a day, are over. */
export class ServiceAccountTokens {
  readonly #clock: Clock;
  readonly #request: RequestToken;
  readonly #tokens = new Map<string, Token>();

  constructor(clock: Clock, request: RequestToken) {
    this.#clock = clock;
    this.#request = request;
  }

  /** Without an audience it is for the API server. */
  async get(pod: Pod, audience: string | undefined, expirationSeconds: number): Promise<IssuedToken> {
    const { name, namespace = 'default', uid } = pod.metadata;
    const serviceAccount = pod.spec?.serviceAccountName ?? 'default';
    const key = [uid, serviceAccount, audience ?? '', expirationSeconds].join('/');
    const known = this.#tokens.get(key);
    if (known && !this.#isOld(known)) return known.issued;
    const answer = await this.#request(
      { namespace, name: serviceAccount },
      {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: {
          audiences: audience === undefined ? [] : [audience],
          expirationSeconds,
          boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
        },
      },
    );
    const { token = '', expirationTimestamp = '' } = answer.status ?? {};
    if (token === '') throw new Error(`the server has issued no token for service account "${serviceAccount}"`);
    const now = this.#clock.now();
    this.#forgetExpired(now);
    const issued = { token, expirationTimestamp };
    this.#tokens.set(key, { issued, issuedAt: now, expiresAt: Date.parse(expirationTimestamp) });
    return issued;
  }

  #isOld({ issuedAt, expiresAt }: Token): boolean {
    const age = this.#clock.now() - issuedAt;
    return age > (expiresAt - issuedAt) * 0.8 || age > dayMs;
  }

  #forgetExpired(now: number): void {
    for (const [key, { expiresAt }] of this.#tokens) if (expiresAt < now) this.#tokens.delete(key);
  }
}
