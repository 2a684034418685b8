import { createPublicKey, type KeyObject } from 'node:crypto';
import type { Clock } from '@typernetes/base';
import type { Dial } from '@typernetes/client';
import { isJsonObject } from '@typernetes/machinery';
import { fetchText } from './fetch-text.ts';

/** A key that an issuer publishes. */
interface IssuerKey {
  readonly id: string | undefined;
  readonly key: KeyObject;
}

export interface IssuerKeysOptions {
  readonly issuer: string;
  /** The issuer's discovery document, if not below the issuer's URL. */
  readonly discoveryUrl?: string | undefined;
  /** PEM; default: the system's authorities. */
  readonly ca?: string | undefined;
  readonly clock: Clock;
  /** Connects to the issuer; default: TCP. */
  readonly dial?: Dial | undefined;
  readonly fetchJson?: (url: string, ca: string | undefined) => Promise<unknown>;
  /** Called whenever keys were read, with their text, or undefined on failure. */
  readonly onRead?: ((keys: string | undefined) => void) | undefined;
}

/** The minimum interval between reads of a key set, however many unknown keys tokens name. */
const shortestIntervalMs = 1000;

/**
 * The keys of an OpenID Connect issuer: discovered and read when the first token arrives, read again when a token names
 * an unknown key.
 */
export class IssuerKeys {
  readonly #options: IssuerKeysOptions;
  #keys: readonly IssuerKey[] = [];
  #keySetUrl: string | undefined;
  #reading: Promise<void> | undefined;
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(options: IssuerKeysOptions) {
    this.#options = options;
  }

  /** The keys that may have signed a token with this key id. */
  async candidates(id: string | undefined): Promise<readonly KeyObject[]> {
    const known = this.#of(id);
    if (known.length > 0) return known;
    const { clock } = this.#options;
    if (this.#reading || clock.monotonic() - this.#readAt >= shortestIntervalMs) {
      this.#reading ??= this.#read().finally(() => {
        this.#reading = undefined;
      });
      await this.#reading;
    }
    return this.#of(id);
  }

  #of(id: string | undefined): KeyObject[] {
    return this.#keys.filter((one) => id === undefined || one.id === undefined || one.id === id).map(({ key }) => key);
  }

  async #read(): Promise<void> {
    const { onRead } = this.#options;
    try {
      const set = await this.#readSet();
      this.#keys = isJsonObject(set) && Array.isArray(set.keys) ? set.keys.flatMap(readKey) : [];
      onRead?.(JSON.stringify(set));
    } catch (error) {
      onRead?.(undefined);
      throw error;
    }
  }

  async #readSet(): Promise<unknown> {
    const { issuer, discoveryUrl, ca, clock, dial, fetchJson = getJson(clock, dial) } = this.#options;
    this.#readAt = clock.monotonic();
    if (this.#keySetUrl === undefined) {
      const url = discoveryUrl || `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
      const about = await fetchJson(url, ca);
      if (!isJsonObject(about) || about.issuer !== issuer)
        throw new Error(
          `oidc: issuer did not match the issuer returned by provider, expected ${JSON.stringify(issuer)} got ${JSON.stringify(isJsonObject(about) ? about.issuer : undefined)}`,
        );
      if (typeof about.jwks_uri !== 'string') throw new Error('oidc: the provider names no jwks_uri');
      this.#keySetUrl = about.jwks_uri;
    }
    return fetchJson(this.#keySetUrl, ca);
  }
}

/** Keys of kinds that nobody here can use are passed over. */
function readKey(jwk: unknown): IssuerKey[] {
  if (!isJsonObject(jwk) || (jwk.use !== undefined && jwk.use !== 'sig')) return [];
  try {
    return [
      {
        id: typeof jwk.kid === 'string' ? jwk.kid : undefined,
        key: createPublicKey({ key: jwk as Record<string, string>, format: 'jwk' }),
      },
    ];
  } catch {
    return [];
  }
}

function getJson(clock: Clock, dial: Dial | undefined): (url: string, ca: string | undefined) => Promise<unknown> {
  const fetch = fetchText(clock, dial);
  return async (url, ca) => {
    const { status, text } = await fetch(url, { ca, accept: 'application/json' });
    if (status !== 200) throw new Error(`oidc: GET ${url} answered ${status}`);
    return JSON.parse(text);
  };
}
