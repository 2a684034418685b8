import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { type Clock, messageOf } from '@typernetes/base';
import { parseDuration } from '@typernetes/process';
import type { EncryptionObserver } from '../observers/encryption-metrics.ts';
import { aesGcm, type Cipher, seededAesGcm } from './ciphers.ts';
import type { KmsConfiguration } from './configuration.ts';
import { decodeEncryptedObject, type EncryptedObject, encodeEncryptedObject, KmsClient } from './kms-client.ts';
import type { Decrypted, Provider } from './provider.ts';

const defaultTimeoutMs = 3000;
/** A plugin that has not answered well for this long may have withdrawn its key: nothing is encrypted with it any more. Upstream's figure. */
const seedLifeMs = 3 * 60_000;
const seedBytes = 32;
const seedType = 1;
/** How many decrypted seeds of other servers are cached. */
const maxKnown = 1000;

interface Current {
  readonly cipher: Cipher;
  readonly envelope: Omit<EncryptedObject, 'encryptedData'>;
  readonly expires: number;
}

/**
 * Envelope encryption by a KMS plugin (v2): values are encrypted with keys derived from a seed that this process
 * generates, the seed by the plugin. A value carries the encrypted seed and the plugin's key id; when the plugin's key
 * id changes, a new seed is generated.
 */
export class KmsProvider implements Provider {
  readonly name: string;
  readonly prefix: string;
  readonly #client: KmsClient;
  readonly #clock: Clock;
  #current: Current | undefined;
  readonly #known = new Map<string, Cipher>();

  readonly #observer: EncryptionObserver | undefined;

  constructor({ name = '', endpoint = '', timeout }: KmsConfiguration, clock: Clock, observer?: EncryptionObserver) {
    this.#observer = observer;
    this.name = name;
    this.prefix = `k8s:enc:kms:v2:${name}:`;
    this.#clock = clock;
    this.#client = new KmsClient(endpoint, {
      timeoutMs: parseDuration(timeout ?? '') ?? defaultTimeoutMs,
      clock,
      asked: (method, of) => observer?.asked(name, method, of),
    });
  }

  /** Asks the plugin how it is and takes over its key. Throws when it is not well. */
  async refresh(): Promise<void> {
    const { version, healthz, keyId } = await this.#client.status();
    const problems = [
      ...(healthz === 'ok' ? [] : [`got unexpected healthz status: ${healthz}`]),
      ...(version === 'v2' || version === 'v2beta1' ? [] : [`expected KMSv2 API version v2, got ${version}`]),
      ...(keyId === '' ? ['failed to validate keyID: keyID is empty'] : []),
    ];
    if (keyId === '') this.#observer?.keyInvalid(this.name, 'empty');
    else this.#observer?.keyReported(this.name, keyId);
    if (problems.length > 0)
      throw new Error(`kmsv2 Provider ${this.name} is not healthy, error: ${problems.join(', ')}`);
    const expires = this.#clock.monotonic() + seedLifeMs;
    if (this.#current?.envelope.keyID === keyId) {
      this.#current = { ...this.#current, expires };
      return;
    }
    const since = this.#clock.monotonic();
    const seed = randomBytes(seedBytes);
    const encrypted = await this.#client.encrypt(seed, randomUUID()).catch((error: unknown) => {
      this.#observer?.keyFailed();
      throw error;
    });
    this.#observer?.keyMade((this.#clock.monotonic() - since) / 1000);
    this.#current = {
      cipher: seededAesGcm(seed),
      envelope: {
        keyID: encrypted.keyId,
        encryptedDEKSource: encrypted.ciphertext,
        annotations: encrypted.annotations,
        encryptedDEKSourceType: seedType,
      },
      expires,
    };
    this.#remember(this.#current.envelope, this.#current.cipher);
  }

  encrypt(plain: Uint8Array, context: string): Uint8Array {
    const current = this.#current;
    if (!current || this.#clock.monotonic() > current.expires)
      throw new Error(`Cannot encrypt by the KMS provider "${this.name}": the plugin does not answer`);
    this.#observer?.keyUsed('to_storage', this.name, current.envelope.keyID);
    const encryptedData = current.cipher.encrypt(plain, context);
    return Buffer.concat([Buffer.from(this.prefix), encodeEncryptedObject({ ...current.envelope, encryptedData })]);
  }

  async decrypt(stored: Uint8Array, context: string): Promise<Decrypted> {
    const object = decodeEncryptedObject(stored.subarray(this.prefix.length));
    const cipher = this.#known.get(identityOf(object)) ?? (await this.#unwrap(object));
    const { keyID, encryptedDEKSourceType } = object;
    this.#observer?.keyUsed('from_storage', this.name, keyID);
    return {
      plain: cipher.decrypt(object.encryptedData, context),
      stale: keyID !== this.#current?.envelope.keyID || encryptedDEKSourceType !== seedType,
    };
  }

  close(): void {
    this.#client.close();
  }

  async #unwrap(object: EncryptedObject): Promise<Cipher> {
    const { encryptedDEKSource, keyID, annotations, encryptedDEKSourceType } = object;
    let key: Uint8Array;
    try {
      key = await this.#client.decrypt({ ciphertext: encryptedDEKSource, keyId: keyID, annotations }, randomUUID());
    } catch (cause) {
      throw new Error(`failed to decrypt DEK, error: ${messageOf(cause)}`, { cause });
    }
    const cipher = encryptedDEKSourceType === seedType ? seededAesGcm(key) : aesGcm(key);
    this.#remember(object, cipher);
    return cipher;
  }

  #remember(envelope: Omit<EncryptedObject, 'encryptedData'>, cipher: Cipher): void {
    const [oldest] = this.#known.keys();
    if (this.#known.size >= maxKnown && oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(identityOf(envelope), cipher);
    this.#observer?.known(this.name, this.#known.size);
  }
}

function identityOf({
  encryptedDEKSource,
  keyID,
  encryptedDEKSourceType,
}: Omit<EncryptedObject, 'encryptedData'>): string {
  return `${encryptedDEKSourceType} ${keyID} ${createHash('sha256').update(encryptedDEKSource).digest('base64')}`;
}
