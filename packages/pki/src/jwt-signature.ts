import { constants, type KeyObject, verify } from 'node:crypto';

/** The public-key signature algorithms of JSON Web Tokens. */
export const publicKeyAlgorithms = [
  'RS256',
  'RS384',
  'RS512',
  'ES256',
  'ES384',
  'ES512',
  'PS256',
  'PS384',
  'PS512',
] as const;
export type PublicKeyAlgorithm = (typeof publicKeyAlgorithms)[number];

export const isPublicKeyAlgorithm = (name: string): name is PublicKeyAlgorithm =>
  (publicKeyAlgorithms as readonly string[]).includes(name);

const curves: Readonly<Record<string, string>> = { ES256: 'prime256v1', ES384: 'secp384r1', ES512: 'secp521r1' };

/**
 * Whether the key signed the compact token with the algorithm. The key must be of the algorithm's kind. Does not check
 * the claims.
 */
export function isSignedBy(token: string, key: KeyObject, algorithm: PublicKeyAlgorithm): boolean {
  const family = algorithm.slice(0, 2);
  if (key.asymmetricKeyType !== (family === 'ES' ? 'ec' : 'rsa')) return false;
  if (family === 'ES' && key.asymmetricKeyDetails?.namedCurve !== curves[algorithm]) return false;
  const end = token.lastIndexOf('.');
  const signed = Buffer.from(token.slice(0, end));
  const signature = Buffer.from(token.slice(end + 1), 'base64url');
  const padding =
    family === 'PS'
      ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
      : family === 'ES'
        ? ({ dsaEncoding: 'ieee-p1363' } as const)
        : {};
  return verify(`sha${algorithm.slice(2)}`, signed, { key, ...padding }, signature);
}
