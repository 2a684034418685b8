import { messageOf } from '@typernetes/base';
import type { Cipher } from './ciphers.ts';

export interface Decrypted {
  readonly plain: Uint8Array;
  /** It is not what would be written now: another key, another provider. */
  readonly stale: boolean;
}

/** One way to keep values. What it writes begins with its `prefix`, and it reads what does. */
export interface Provider {
  readonly prefix: string;
  encrypt(plain: Uint8Array, context: string): Uint8Array | Promise<Uint8Array>;
  /** `stored` begins with the prefix. Throws when it cannot be read. */
  decrypt(stored: Uint8Array, context: string): Decrypted | Promise<Decrypted>;
}

/** What encrypted values of every provider begin with. */
const encryptedPrefix = Buffer.from('k8s:enc:');

export const hasPrefix = (stored: Uint8Array, prefix: string): boolean =>
  stored.length >= prefix.length &&
  Buffer.from(stored.buffer, stored.byteOffset, prefix.length).toString('latin1') === prefix;

/** Values as they are. */
export const identity: Provider = {
  prefix: '',
  encrypt: (plain) => plain,
  decrypt: (stored) => {
    if (encryptedPrefix.equals(stored.subarray(0, encryptedPrefix.length)))
      throw new Error('identity transformer tried to read encrypted data');
    return { plain: stored, stale: false };
  },
};

/** A method with named keys: the first one encrypts, all of them decrypt. */
export function keyedProvider(
  method: string,
  keys: readonly { readonly name: string; readonly cipher: Cipher }[],
): Provider {
  const [first] = keys;
  if (!first) throw new Error(`Cannot encrypt by ${method}: there is no key`);
  const prefix = `k8s:enc:${method}:v1:`;
  return {
    prefix,
    encrypt: (plain, context) =>
      Buffer.concat([Buffer.from(`${prefix}${first.name}:`), first.cipher.encrypt(plain, context)]),
    decrypt: (stored, context) => {
      const failures: string[] = [];
      for (const [i, { name, cipher }] of keys.entries()) {
        const head = `${prefix}${name}:`;
        if (!hasPrefix(stored, head)) continue;
        try {
          return { plain: cipher.decrypt(stored.subarray(head.length), context), stale: i > 0 };
        } catch (error) {
          // Another key of the same name may fit.
          failures.push(messageOf(error));
        }
      }
      const method_ = method === 'secretbox' ? 'Secretbox' : 'AES';
      throw new Error(failures[0] ?? `no matching key was found for the provided ${method_} transformer`);
    },
  };
}

/** Several providers of one resource: the first one writes, whichever fits reads. */
export class ProviderChain {
  readonly #providers: readonly Provider[];

  constructor(providers: readonly Provider[]) {
    this.#providers = providers;
  }

  encrypt(plain: Uint8Array, context: string): Uint8Array | Promise<Uint8Array> {
    return (this.#providers[0] as Provider).encrypt(plain, context);
  }

  async decrypt(stored: Uint8Array, context: string): Promise<Decrypted> {
    const failures: unknown[] = [];
    for (const [i, provider] of this.#providers.entries()) {
      if (!hasPrefix(stored, provider.prefix)) continue;
      try {
        const { plain, stale } = await provider.decrypt(stored, context);
        return { plain, stale: stale || i > 0 };
      } catch (error) {
        // Identity reads what is not encrypted; of what is, a later provider may know the key.
        if (provider.prefix !== '') failures.push(error);
      }
    }
    throw failures[0] ?? new Error('no matching prefix found');
  }
}

/** For resources that no configuration names. */
export const plainChain = new ProviderChain([identity]);
