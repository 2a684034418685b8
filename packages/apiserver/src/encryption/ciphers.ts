import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';

/** Encrypts values; `context` (the key in the store) is authenticated with them where the method can do that. */
export interface Cipher {
  encrypt(plain: Uint8Array, context: string): Buffer;
  /** Throws when the value is not what `encrypt` made with the same key and context. */
  decrypt(stored: Uint8Array, context: string): Buffer;
}

const ivBytes = 16;
const nonceBytes = 12;
const tagBytes = 16;
const tooShort = 'the stored data was shorter than the required size';

/** AES-CBC with PKCS#7 padding: the IV, then the blocks. */
export function aesCbc(key: Uint8Array): Cipher {
  const algorithm = `aes-${key.length * 8}-cbc`;
  return {
    encrypt: (plain) => {
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv(algorithm, key, iv);
      return Buffer.concat([iv, cipher.update(plain), cipher.final()]);
    },
    decrypt: (stored) => {
      if (stored.length < ivBytes) throw new Error(tooShort);
      if (stored.length % ivBytes !== 0) throw new Error('the stored data is not a multiple of the block size');
      const cipher = createDecipheriv(algorithm, key, stored.subarray(0, ivBytes));
      const plain = cipher.update(stored.subarray(ivBytes));
      try {
        return Buffer.concat([plain, cipher.final()]);
      } catch (cause) {
        throw new Error('invalid padding on input', { cause });
      }
    },
  };
}

/** AES-GCM: the nonce, the encrypted bytes, the tag. */
export function aesGcm(key: Uint8Array): Cipher {
  const algorithm = `aes-${key.length * 8}-gcm` as 'aes-256-gcm';
  return {
    encrypt: (plain, context) => {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv(algorithm, key, nonce).setAAD(Buffer.from(context));
      return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    },
    decrypt: (stored, context) => {
      if (stored.length < nonceBytes + tagBytes) throw new Error(tooShort);
      const cipher = createDecipheriv(algorithm, key, stored.subarray(0, nonceBytes), { authTagLength: tagBytes })
        .setAAD(Buffer.from(context))
        .setAuthTag(stored.subarray(stored.length - tagBytes));
      const plain = cipher.update(stored.subarray(nonceBytes, stored.length - tagBytes));
      try {
        return Buffer.concat([plain, cipher.final()]);
      } catch (cause) {
        throw new Error('cipher: message authentication failed', { cause });
      }
    },
  };
}

const infoBytes = 32;

/** AES-GCM with a key of its own for each value, derived from a seed (HKDF-SHA256, expand only) and 32 random bytes that come first. */
export function seededAesGcm(seed: Uint8Array): Cipher {
  const keyOf = (info: Uint8Array): Buffer => createHmac('sha256', seed).update(info).update(Buffer.of(1)).digest();
  return {
    encrypt: (plain, context) => {
      const info = randomBytes(infoBytes);
      return Buffer.concat([info, aesGcm(keyOf(info)).encrypt(plain, context)]);
    },
    decrypt: (stored, context) => {
      if (stored.length < infoBytes) throw new Error(tooShort);
      return aesGcm(keyOf(stored.subarray(0, infoBytes))).decrypt(stored.subarray(infoBytes), context);
    },
  };
}

/** NaCl's secretbox (XSalsa20, Poly1305): the nonce, the tag, the encrypted bytes. Node's own library does not have it. */
export async function secretbox(key: Uint8Array): Promise<Cipher> {
  const { xsalsa20poly1305 } = await import('@noble/ciphers/salsa.js');
  const boxNonceBytes = 24;
  return {
    encrypt: (plain) => {
      const nonce = randomBytes(boxNonceBytes);
      return Buffer.concat([nonce, xsalsa20poly1305(key, nonce).encrypt(plain)]);
    },
    decrypt: (stored) => {
      if (stored.length < boxNonceBytes) throw new Error(tooShort);
      const nonce = stored.subarray(0, boxNonceBytes);
      try {
        return Buffer.from(xsalsa20poly1305(key, nonce).decrypt(stored.subarray(boxNonceBytes)));
      } catch (cause) {
        throw new Error('output array was not large enough for encryption', { cause });
      }
    },
  };
}
