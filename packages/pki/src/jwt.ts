import { createHash, type KeyObject, sign, verify } from 'node:crypto';
import { promisify } from 'node:util';
import { publicHalf } from './key-pair.ts';

/** The claims of a JSON Web Token. */
export type JwtClaims = Readonly<Record<string, unknown>>;

/** A decoded token whose signature has not been verified. */
export interface UnverifiedJwt {
  readonly algorithm: string;
  readonly keyId: string | undefined;
  readonly claims: JwtClaims;
}

/** Cached ids of keys: computing one takes longer than signing with a P-256 key. */
const keyIds = new WeakMap<KeyObject, string>();

/** The id that the API server gives a service account key: base64url(sha256(SubjectPublicKeyInfo)). */
export function keyIdOf(key: KeyObject): string {
  const known = keyIds.get(key);
  if (known !== undefined) return known;
  const spki = publicHalf(key).export({ type: 'spki', format: 'der' });
  const id = createHash('sha256').update(spki).digest('base64url');
  keyIds.set(key, id);
  return id;
}

/** Sets the id of a key that is known elsewhere under another id. */
export function nameKey(key: KeyObject, id: string): KeyObject {
  keyIds.set(key, id);
  return key;
}

/** RS256 for RSA keys, ES256, ES384 and ES512 for elliptic curve keys. */
export function jwtAlgorithmOf(key: KeyObject): keyof typeof digests {
  if (key.asymmetricKeyType === 'rsa') return 'RS256';
  const curve = key.asymmetricKeyDetails?.namedCurve;
  if (curve === 'secp521r1') return 'ES512';
  return curve === 'secp384r1' ? 'ES384' : 'ES256';
}

const digests = { RS256: 'sha256', ES256: 'sha256', ES384: 'sha384', ES512: 'sha512' } as const;

const signBeside = promisify(sign);

/** Signs claims in compact form, with the key's id in the header. RSA signing is slow and runs off the event loop. */
export async function signJwt(privateKey: KeyObject, claims: JwtClaims): Promise<string> {
  const algorithm = jwtAlgorithmOf(privateKey);
  const signed = `${encode({ alg: algorithm, kid: keyIdOf(privateKey) })}.${encode(claims)}`;
  const how = [digests[algorithm], Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' }] as const;
  const signature = algorithm === 'RS256' ? await signBeside(...how) : sign(...how);
  return `${signed}.${signature.toString('base64url')}`;
}

/** Decodes a compact token; undefined when it is not one. */
export function decodeJwt(token: string): UnverifiedJwt | undefined {
  const parts = token.split('.');
  const [header, claims] = [decodeObject(parts[0]), decodeObject(parts[1])];
  if (parts.length !== 3 || !header || !claims || typeof header.alg !== 'string') return undefined;
  return { algorithm: header.alg, keyId: typeof header.kid === 'string' ? header.kid : undefined, claims };
}

/**
 * The claims of a token signed by one of the keys, or undefined. The key determines the algorithm, never the token.
 * Expiry, issuer and audience are for the caller to check.
 */
export function verifyJwt(token: string, publicKeys: readonly KeyObject[]): JwtClaims | undefined {
  const decoded = decodeJwt(token);
  if (!decoded) return undefined;
  const end = token.lastIndexOf('.');
  const signed = Buffer.from(token.slice(0, end));
  const signature = Buffer.from(token.slice(end + 1), 'base64url');
  // A key id narrows the search; a token without a known one is tried against every key.
  const named = publicKeys.filter((key) => keyIdOf(key) === decoded.keyId);
  for (const key of named.length > 0 ? named : publicKeys) {
    const algorithm = jwtAlgorithmOf(key);
    if (algorithm !== decoded.algorithm) continue;
    if (verify(digests[algorithm], signed, { key, dsaEncoding: 'ieee-p1363' }, signature)) return decoded.claims;
  }
  return undefined;
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function decodeObject(part: string | undefined): JwtClaims | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JwtClaims) : undefined;
  } catch {
    return undefined; // Not JSON, so not a token: a negative answer, not a failure.
  }
}
