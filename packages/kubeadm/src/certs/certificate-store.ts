import type { X509Certificate } from 'node:crypto';
import { type Identity, inspectCertificate, readCertificates, readPrivateKey } from '@typernetes/pki';
import type { Files } from '../host.ts';
import { requireText } from '../required-file.ts';

/** What of the machine's files a store needs. */
export type StoreFiles = Pick<Files, 'read' | 'write' | 'exists'>;

/** A certificate, and those behind it in its file, which lead to its authority. */
export type Chain = readonly [X509Certificate, ...X509Certificate[]];

/** The folder of certificates, `/etc/kubernetes/pki`. Errors are in upstream's words. */
export class CertificateStore {
  readonly folder: string;
  readonly #files: StoreFiles;

  constructor(folder: string, files: StoreFiles) {
    this.folder = folder;
    this.#files = files;
  }

  certificateFile(name: string): string {
    return `${this.folder}/${name}.crt`;
  }

  keyFile(name: string): string {
    return `${this.folder}/${name}.key`;
  }

  hasCertificate(name: string): Promise<boolean> {
    return this.#files.exists(this.certificateFile(name));
  }

  hasKey(name: string): Promise<boolean> {
    return this.#files.exists(this.keyFile(name));
  }

  /** The certificates in the file of that name. */
  async chain(name: string): Promise<Chain> {
    try {
      return await this.chainOf(name);
    } catch (cause) {
      throw new Error(`couldn't load the certificate file ${this.certificateFile(name)}`, { cause });
    }
  }

  /** The certificates in the file of that name as PEM, without what else stands there. */
  async bundle(name: string): Promise<string> {
    return (await this.chain(name)).map(String).join('');
  }

  /** As `chain`, but its errors say only what is wrong with the file. */
  async chainOf(name: string): Promise<Chain> {
    const path = this.certificateFile(name);
    const text = await requireText(this.#files, path);
    try {
      return readCertificates(text) as [X509Certificate, ...X509Certificate[]];
    } catch (cause) {
      throw new Error(`error reading ${path}`, { cause });
    }
  }

  /** The text of the private key's file. */
  async key(name: string): Promise<string> {
    const path = this.keyFile(name);
    try {
      const text = await requireText(this.#files, path);
      requirePrivateKey(text, path);
      return text;
    } catch (cause) {
      throw cause instanceof UnfitKeyError ? cause : new Error(`couldn't load the private key file ${path}`, { cause });
    }
  }

  /** Both. */
  async require(name: string): Promise<Identity> {
    const [certificate] = await this.chain(name).catch(failed('failed to load certificate'));
    const privateKey = await this.key(name).catch(failed('failed to load key'));
    return { certificate: certificate.toString(), privateKey };
  }

  /** What signs certificates. */
  async authority(name: string): Promise<Identity> {
    if (!(await this.hasCertificate(name)) && !(await this.hasKey(name))) {
      throw new Error(`couldn't load ${name} certificate authority from ${this.folder}`);
    }
    const identity = await this.require(name).catch(failed(`failure loading ${name} certificate authority`));
    const [certificate] = await this.chain(name);
    if (!inspectCertificate(certificate).isAuthority) {
      throw new Error(`${name} certificate is not a certificate authority`);
    }
    return identity;
  }

  /** The key goes first: whoever finds a certificate also finds its key. */
  async save(name: string, identity: Identity): Promise<void> {
    await this.#files.write(this.keyFile(name), identity.privateKey, { mode: 0o600 });
    await this.#files.write(this.certificateFile(name), identity.certificate, { mode: 0o644 });
  }
}

/** A key that can be read, but is of a kind that certificates here are not made with. */
class UnfitKeyError extends Error {
  override readonly name = 'UnfitKeyError';
}

/** Throws where the text of a file has no private key for certificates. */
export function requirePrivateKey(text: string, path: string): void {
  let type: string | undefined;
  try {
    type = readPrivateKey(text).asymmetricKeyType;
  } catch (cause) {
    throw new Error(`error reading private key file ${path}`, { cause });
  }
  if (type === 'rsa' || type === 'ec') return;
  throw new UnfitKeyError(`the private key file ${path} is neither in RSA nor ECDSA format`);
}

/** Rethrows with what could not be done. */
export const failed =
  (what: string) =>
  (cause: unknown): never => {
    throw new Error(what, { cause });
  };
