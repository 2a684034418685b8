import { decodeJwt, isPublicKeyAlgorithm, isSignedBy, type JwtClaims } from '@typernetes/pki';
import { IssuerKeys, type IssuerKeysOptions } from './issuer-keys.ts';

export interface TokenVerifierOptions extends IssuerKeysOptions {
  /** The token must be for one of these. */
  readonly audiences: readonly string[];
  readonly signingAlgorithms: readonly string[];
}

/** Verifies tokens of an issuer: signature, times and audience. Does not check the issuer that they name. */
export class TokenVerifier {
  readonly #options: TokenVerifierOptions;
  readonly #keys: IssuerKeys;

  constructor(options: TokenVerifierOptions) {
    this.#options = options;
    this.#keys = new IssuerKeys(options);
  }

  /** The claims of a token; throws if it is invalid. */
  async verify(token: string): Promise<JwtClaims> {
    const { signingAlgorithms, audiences, clock } = this.#options;
    const decoded = decodeJwt(token);
    if (!decoded) throw new Error('oidc: malformed jwt');
    const { algorithm, keyId, claims } = decoded;
    if (!signingAlgorithms.includes(algorithm) || !isPublicKeyAlgorithm(algorithm))
      throw new Error(
        `oidc: id token signed with unsupported algorithm, expected ${JSON.stringify(signingAlgorithms)} got ${JSON.stringify(algorithm)}`,
      );
    const candidates = await this.#keys.candidates(keyId);
    if (!candidates.some((key) => isSignedBy(token, key, algorithm)))
      throw new Error('failed to verify signature: failed to verify id token signature');
    checkTimes(claims, clock.now() / 1000);
    const named = [claims.aud ?? []].flat();
    if (!named.some((audience) => audiences.includes(String(audience))))
      throw new Error(`oidc: expected audience in ${JSON.stringify(audiences)} got ${JSON.stringify(named)}`);
    return claims;
  }
}

/** The clocks of issuers may be ahead by so much. */
const leewaySeconds = 300;

function checkTimes({ exp, nbf }: JwtClaims, now: number): void {
  if (typeof exp !== 'number' || now > exp) throw new Error('oidc: token is expired');
  if (typeof nbf === 'number' && now + leewaySeconds < nbf)
    throw new Error('oidc: current time is before the nbf (not before) time');
}
