import { messageOf } from '@typernetes/base';
import type { Transformation } from '../observers/encryption-metrics.ts';
import type { Cipher } from './ciphers.ts';

export interface Decrypted {
  readonly plain: Uint8Array;
  /** A new write would use another key or provider. */
  readonly stale: boolean;
}

/** One encryption method. It writes values with its `prefix`, and reads those. */
export interface Provider {
  readonly prefix: string;
  encrypt(plain: Uint8Array, context: string): Uint8Array | Promise<Uint8Array>;
  /** `stored` begins with the prefix. Throws when it cannot be read. */
  decrypt(stored: Uint8Array, context: string): Decrypted | Promise<Decrypted>;
}

/** The prefix of encrypted values of all providers. */
const encryptedPrefix = Buffer.from('k8s:enc:');

const hasPrefix = (stored: Uint8Array, prefix: string): boolean =>
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

/** Observes each value that is read or written by the provider with a prefix; `since` is the start time that `began` returned. */
export interface TransformationObserver {
  began(): number;
  ended(what: Transformation, prefix: string, of: { readonly since: number; readonly error?: unknown }): void;
}

/** Several providers for one resource: the first one encrypts, the one whose prefix matches decrypts. */
export class ProviderChain {
  readonly #providers: readonly Provider[];
  readonly #observer: TransformationObserver | undefined;

  constructor(providers: readonly Provider[], observer?: TransformationObserver) {
    this.#providers = providers;
    this.#observer = observer;
  }

  /** The same providers, observed. */
  observed(observer: TransformationObserver): ProviderChain {
    return new ProviderChain(this.#providers, observer);
  }

  encrypt(plain: Uint8Array, context: string): Uint8Array | Promise<Uint8Array> {
    const [writer] = this.#providers as readonly [Provider];
    const observer = this.#observer;
    if (!observer) return writer.encrypt(plain, context);
    const since = observer.began();
    const failed = (error: unknown): never => {
      observer.ended('to_storage', writer.prefix, { since, error });
      throw error;
    };
    const done = (stored: Uint8Array): Uint8Array => {
      observer.ended('to_storage', writer.prefix, { since });
      return stored;
    };
    try {
      const stored = writer.encrypt(plain, context);
      return stored instanceof Promise ? stored.then(done, failed) : done(stored);
    } catch (error) {
      return failed(error);
    }
  }

  async decrypt(stored: Uint8Array, context: string): Promise<Decrypted> {
    const failures: unknown[] = [];
    const since = this.#observer?.began() ?? 0;
    for (const [i, provider] of this.#providers.entries()) {
      if (!hasPrefix(stored, provider.prefix)) continue;
      try {
        const { plain, stale } = await provider.decrypt(stored, context);
        this.#observer?.ended('from_storage', provider.prefix || 'identity', { since });
        return { plain, stale: stale || i > 0 };
      } catch (error) {
        // Identity reads unencrypted values; a later provider may have the key of encrypted ones.
        if (provider.prefix === '') continue;
        this.#observer?.ended('from_storage', provider.prefix, { since, error });
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
    const error = new Error('no matching prefix found');
    this.#observer?.ended('from_storage', 'unknown', { since, error });
    throw error;
  }
}

/** For resources that the configuration does not name. */
export const plainChain = new ProviderChain([identity]);
