import { STATUS_CODES } from 'node:http';
import { messageOf } from '@typernetes/base';
import { isJsonObject } from '@typernetes/machinery';
import { decodeJwt, type JwtClaims } from '@typernetes/pki';
import { type FetchText, fetchText } from './fetch-text.ts';
import { TokenVerifier, type TokenVerifierOptions } from './token-verifier.ts';

interface DistributedClaimOptions extends Omit<TokenVerifierOptions, 'issuer' | 'discoveryUrl'> {
  /** The claim that may be elsewhere. */
  readonly claim: string;
  readonly fetchText?: FetchText;
}

/**
 * Fetches a distributed claim (OpenID Connect Core 1.0, section 5.6.2): `_claim_names` names its source,
 * `_claim_sources` the source's endpoint. The response is itself a token of its own issuer, and is verified as one.
 * Steps and messages are those of upstream's claimResolver.
 */
export class DistributedClaim {
  readonly #options: DistributedClaimOptions;
  readonly #fetch: FetchText;
  readonly #verifiers = new Map<string, TokenVerifier>();

  constructor(options: DistributedClaimOptions) {
    this.#options = options;
    this.#fetch = options.fetchText ?? fetchText(options.clock, options.dial);
  }

  /** The claims with the distributed one added; unchanged if there is none. Rejects when it cannot be fetched. */
  async expand(claims: JwtClaims): Promise<JwtClaims> {
    const { claim } = this.#options;
    const endpoint = endpointOf(claims, claim);
    if (!endpoint) return claims;
    return { ...claims, [claim]: await this.#read(endpoint) };
  }

  async #read({ url, token }: Endpoint): Promise<unknown> {
    const { claim } = this.#options;
    const text = await this.#get(url, token);
    const issuer = decodeJwt(text)?.claims.iss;
    if (typeof issuer !== 'string')
      throw new Error(
        `getting untrusted issuer from endpoint ${url} failed for claim ${JSON.stringify(claim)}: malformed token`,
      );
    const claims = await this.#verifierOf(issuer)
      .verify(text)
      .catch((cause: unknown) => {
        throw new Error(`verify distributed claim token: ${messageOf(cause)}`, { cause });
      });
    if (!Object.hasOwn(claims, claim))
      throw new Error(
        `jwt returned by distributed claim endpoint ${JSON.stringify(url)} did not contain claim: ${claim}`,
      );
    return claims[claim];
  }

  async #get(url: string, token: string): Promise<string> {
    const { claim, ca } = this.#options;
    try {
      const { status, text } = await this.#fetch(url, { ca, ...(token === '' ? {} : { token }) });
      if (status >= 200 && status <= 226) return text;
      throw new Error(`error while getting distributed claim JWT: ${status} ${STATUS_CODES[status] ?? ''}`.trim());
    } catch (cause) {
      throw new Error(`while getting distributed claim ${JSON.stringify(claim)}: ${messageOf(cause)}`, { cause });
    }
  }

  #verifierOf(issuer: string): TokenVerifier {
    const known = this.#verifiers.get(issuer);
    if (known) return known;
    const verifier = new TokenVerifier({ ...this.#options, issuer });
    this.#verifiers.set(issuer, verifier);
    return verifier;
  }
}

interface Endpoint {
  readonly url: string;
  readonly token: string;
}

/** The endpoint of a claim that is not among the others. */
function endpointOf(claims: JwtClaims, claim: string): Endpoint | undefined {
  const { _claim_names: names, _claim_sources: sources } = claims;
  if (Object.hasOwn(claims, claim) || names === undefined) return undefined;
  if (!isJsonObject(names) || !Object.values(names).every((name) => typeof name === 'string'))
    throw new Error('oidc: error parsing distributed claim names: they must be strings');
  if (sources === undefined) throw new Error('oidc: no claim sources');
  if (!isJsonObject(sources) || !Object.values(sources).every(isJsonObject))
    throw new Error('oidc: could not parse claim sources: they must be objects');
  if (!Object.hasOwn(names, claim)) return undefined;
  const name = String(names[claim]);
  const source = Object.hasOwn(sources, name) ? sources[name] : undefined;
  if (!isJsonObject(source))
    throw new Error(`id token _claim_names contained a source ${name} missing in _claims_sources`);
  const { endpoint = '', access_token: token = '' } = source;
  if (typeof endpoint !== 'string' || typeof token !== 'string')
    throw new Error('oidc: could not parse claim sources: endpoint and access_token must be strings');
  // An aggregated claim has no endpoint; as upstream, it is ignored.
  return endpoint === '' ? undefined : { url: endpoint, token };
}
