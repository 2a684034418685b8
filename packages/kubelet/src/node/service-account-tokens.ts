import type { TokenRequest } from '@typernetes/api/authentication/v1';
import type { Pod } from '@typernetes/api/core/v1';
import type { Clock } from '@typernetes/base';
import type { IssuedToken } from '../volumes/sources.ts';

interface Token {
  readonly issued: IssuedToken;
  /** By the monotonic clock. */
  readonly issuedAt: number;
  /** Time of day. */
  readonly expiresAt: number;
  readonly lifeMs: number;
  /** How far the wall clock was ahead of the monotonic clock at that time. */
  readonly ahead: number;
}

type RequestToken = (
  serviceAccount: { namespace: string; name: string },
  request: Pick<TokenRequest, 'spec'> & { apiVersion: string; kind: string },
) => Promise<TokenRequest>;

const dayMs = 24 * 3600 * 1000;
/** A smaller correction of the wall clock does not cause tokens to be requested again. */
const correctionMs = 10_000;

/** Tokens for pods, bound to them: asked for once and again when four fifths of their life, or a day, are over. */
export class ServiceAccountTokens {
  readonly #clock: Clock;
  readonly #request: RequestToken;
  readonly #tokens = new Map<string, Token>();

  constructor(clock: Clock, request: RequestToken) {
    this.#clock = clock;
    this.#request = request;
  }

  /** Without an audience, the token is for the API server. */
  async get(pod: Pod, audience: string | undefined, expirationSeconds: number): Promise<IssuedToken> {
    const { uid } = pod.metadata;
    const serviceAccount = pod.spec?.serviceAccountName ?? 'default';
    const key = [uid, serviceAccount, audience ?? '', expirationSeconds].join('/');
    const known = this.#tokens.get(key);
    if (known && !this.#isOld(known)) return known.issued;
    try {
      return await this.#renew(key, { pod, audience, expirationSeconds });
    } catch (error) {
      // Renewed well before expiry, so that the server may be unavailable for a while.
      if (known && this.#clock.now() < known.expiresAt) return known.issued;
      throw error;
    }
  }

  async #renew(
    key: string,
    {
      pod,
      audience,
      expirationSeconds,
    }: { readonly pod: Pod; readonly audience: string | undefined; readonly expirationSeconds: number },
  ): Promise<IssuedToken> {
    const { name, namespace = 'default', uid } = pod.metadata;
    const serviceAccount = pod.spec?.serviceAccountName ?? 'default';
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
    const token = answer.status?.token ?? '';
    const expirationTimestamp = answer.status?.expirationTimestamp ?? '';
    if (token === '') throw new Error(`the server has issued no token for service account "${serviceAccount}"`);
    this.#forgetExpired();
    const issued = { token, expirationTimestamp };
    // The server may have granted another lifetime than requested.
    const lifeMs = (answer.spec.expirationSeconds ?? expirationSeconds) * 1000;
    const expiresAt = Date.parse(expirationTimestamp);
    this.#tokens.set(key, { issued, issuedAt: this.#clock.monotonic(), expiresAt, lifeMs, ahead: this.#ahead });
    return issued;
  }

  get #ahead(): number {
    return this.#clock.now() - this.#clock.monotonic();
  }

  /**
   * Judged by both the monotonic and the wall clock, whichever expires it earlier, since either may be wrong after a
   * jump. If the wall clock was set back, earlier tokens are not valid yet.
   */
  #isOld({ issuedAt, expiresAt, lifeMs, ahead }: Token): boolean {
    const age = this.#clock.monotonic() - issuedAt;
    const wasSetBack = this.#ahead < ahead - correctionMs;
    return wasSetBack || age > lifeMs * 0.8 || age > dayMs || this.#clock.now() > expiresAt - lifeMs * 0.2;
  }

  #forgetExpired(): void {
    const now = this.#clock.now();
    for (const [key, { expiresAt }] of this.#tokens) if (expiresAt < now) this.#tokens.delete(key);
  }
}
