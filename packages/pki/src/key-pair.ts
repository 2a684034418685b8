import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { pemBlocks } from './pem.ts';

/** Key algorithms by the names of kubeadm's `encryptionAlgorithm`. */
const keyAlgorithms = ['ECDSA-P256', 'ECDSA-P384', 'RSA-2048', 'RSA-3072', 'RSA-4096'] as const;
export type KeyAlgorithm = (typeof keyAlgorithms)[number];

/**
 * The default for certificates: an RSA key takes a hundred times as long to generate as a P-256 key, and makes every
 * handshake slower.
 */
export const defaultKeyAlgorithm: KeyAlgorithm = 'ECDSA-P256';

/**
 * The default for the key that signs service account tokens: cloud identity federation and many libraries accept RS256
 * only.
 */
export const defaultTokenKeyAlgorithm: KeyAlgorithm = 'RSA-2048';

const generate = promisify(generateKeyPair) as unknown as (
  type: 'ec' | 'rsa',
  options: { namedCurve?: string; modulusLength?: number },
) => Promise<{ publicKey: KeyObject; privateKey: KeyObject }>;

/** A new private key; `createPublicKey(key)` gives its public half. */
export async function newPrivateKey(algorithm: KeyAlgorithm = defaultKeyAlgorithm): Promise<KeyObject> {
  const [family, size] = algorithm.split('-') as ['ECDSA' | 'RSA', string];
  const pair =
    family === 'ECDSA'
      ? await generate('ec', { namedCurve: size === 'P256' ? 'prime256v1' : 'secp384r1' })
      : await generate('rsa', { modulusLength: Number(size) });
  return pair.privateKey;
}

/** PEM in the form that upstream writes: `EC PRIVATE KEY` (SEC 1) or `RSA PRIVATE KEY` (PKCS #1). */
export function privateKeyPem(key: KeyObject): string {
  const type = key.asymmetricKeyType === 'ec' ? 'sec1' : 'pkcs1';
  return key.export({ type, format: 'pem' }).toString();
}

/** PEM of the public half (`PUBLIC KEY`, SubjectPublicKeyInfo) of a private or public key. */
export function publicKeyPem(key: KeyObject): string {
  return publicHalf(key).export({ type: 'spki', format: 'pem' }).toString();
}

/** The kinds of DER in the blocks that may hold a private key. */
const privateKeyForms: Readonly<Record<string, 'sec1' | 'pkcs1' | 'pkcs8'>> = {
  'EC PRIVATE KEY': 'sec1',
  'RSA PRIVATE KEY': 'pkcs1',
  'PRIVATE KEY': 'pkcs8',
};

/** The first private key of a PEM text, in any of the forms. Throws, in upstream's words, when there is none. */
export function readPrivateKey(pem: string): KeyObject {
  for (const { type, der } of pemBlocks(pem)) {
    const form = privateKeyForms[type];
    try {
      if (form !== undefined) return createPrivateKey({ key: der, format: 'der', type: form });
    } catch {
      // A later block may be one: upstream passes over this one, too.
    }
  }
  throw new Error('data does not contain a valid RSA or ECDSA private key');
}

/**
 * Reads the public keys of a PEM file as `--service-account-key-file` takes it: any number of public keys, private keys
 * (their public half) or certificates.
 */
export function readPublicKeys(pem: string): KeyObject[] {
  const blocks = pem.match(/-----BEGIN [^-]+-----[\s\S]*?-----END [^-]+-----/g) ?? [];
  const keys = blocks.filter((block) => !block.includes('EC PARAMETERS')).map((block) => createPublicKey(block));
  if (keys.length === 0) throw new Error('data does not contain any valid RSA or ECDSA public keys');
  return keys;
}

export function publicHalf(key: KeyObject): KeyObject {
  return key.type === 'public' ? key : createPublicKey(key);
}
