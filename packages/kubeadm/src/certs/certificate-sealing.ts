import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** AES-256 in GCM, as upstream seals uploaded certificates: a nonce of 12 bytes, the ciphertext, a tag of 16 bytes. */
const nonceBytes = 12;
const tagBytes = 16;

/** A fresh key, 64 hexadecimal digits. */
export const newCertificateKey = (): string => randomBytes(32).toString('hex');

/** The bytes of a hexadecimal key; undefined if the text is not one. */
export function parseCertificateKey(text: string): Buffer | undefined {
  return /^[0-9a-fA-F]{64}$/.test(text) ? Buffer.from(text, 'hex') : undefined;
}

export function seal(plain: Uint8Array, key: Uint8Array): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** Throws if the key is not the one used for sealing, or if the bytes have changed. */
export function unseal(sealed: Uint8Array, key: Uint8Array): Buffer {
  if (sealed.length < nonceBytes + tagBytes) throw new Error('the sealed data is too short');
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, nonceBytes));
  decipher.setAuthTag(sealed.subarray(-tagBytes));
  const plain = decipher.update(sealed.subarray(nonceBytes, -tagBytes));
  try {
    return Buffer.concat([plain, decipher.final()]);
  } catch {
    // Go's words: people search for them.
    throw new Error('cipher: message authentication failed');
  }
}
