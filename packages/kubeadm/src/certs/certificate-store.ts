import type { X509Certificate } from 'node:crypto';
import { messagesOf } from '@typernetes/base';
import { type Identity, readCertificates, readPrivateKey } from '@typernetes/pki';
import type { Files } from '../host.ts';

/** The folder of certificates, `/etc/kubernetes/pki`. */
export class CertificateStore {
  readonly folder: string;
  readonly #files: Pick<Files, 'read' | 'write'>;

  constructor(folder: string, files: Pick<Files, 'read' | 'write'>) {
    this.folder = folder;
    this.#files = files;
  }

  /** Certificate and key under `name`, each undefined when its file is missing. */
  async find(name: string): Promise<Partial<Identity>> {
    const certificate = await this.#files.read(`${this.folder}/${name}.crt`);
    const privateKey = await this.#files.read(`${this.folder}/${name}.key`);
    return {
      ...(certificate === undefined ? {} : { certificate }),
      ...(privateKey === undefined ? {} : { privateKey }),
    };
  }

  /** Both, or an Error that names what is missing or broken, in upstream's words. */
  async require(name: string): Promise<Identity> {
    const { certificate = '', privateKey = '' } = await this.find(name);
    await this.chain(name).catch((cause: unknown) => {
      throw new Error('failed to load certificate', { cause });
    });
    const path = `${this.folder}/${name}.key`;
    if (privateKey === '') throw new Error(`failed to load key: ${notLoaded('private key', path)}`);
    const why = privateKeyProblem(privateKey, path);
    if (why !== undefined) throw new Error(`failed to load key: couldn't load the private key file ${path}: ${why}`);
    return { certificate, privateKey };
  }

  /** What signs certificates, by the file of an authority. */
  async authority(name: string): Promise<Identity> {
    const { certificate, privateKey } = await this.find(name);
    if (certificate === undefined && privateKey === undefined) {
      throw new Error(`couldn't load ${name} certificate authority from ${this.folder}`);
    }
    return this.require(name).catch((cause: unknown) => {
      throw new Error(`failure loading ${name} certificate authority`, { cause });
    });
  }

  /** The certificate under `name`, and those behind it in its file, which lead to its authority. */
  async chain(name: string): Promise<[X509Certificate, ...X509Certificate[]]> {
    const path = `${this.folder}/${name}.crt`;
    const text = await this.#files.read(path);
    if (text === undefined) throw new Error(notLoaded('certificate', path));
    try {
      return readCertificates(text) as [X509Certificate, ...X509Certificate[]];
    } catch (error) {
      throw new Error(`couldn't load the certificate file ${path}: error reading ${path}: ${messagesOf(error)}`);
    }
  }

  /** The key goes first: whoever finds a certificate also finds its key. */
  async save(name: string, identity: Identity): Promise<void> {
    await this.#files.write(`${this.folder}/${name}.key`, identity.privateKey, { mode: 0o600 });
    await this.#files.write(`${this.folder}/${name}.crt`, identity.certificate, { mode: 0o644 });
  }
}

/** Why a file has no private key, in upstream's words; undefined when it has one. */
export function privateKeyProblem(text: string, path: string): string | undefined {
  try {
    readPrivateKey(text);
    return undefined;
  } catch {
    // OpenSSL says only which of its decoders gave up.
    return `error reading private key file ${path}: data does not contain a valid RSA or ECDSA private key`;
  }
}

const notLoaded = (what: string, path: string): string =>
  `couldn't load the ${what} file ${path}: open ${path}: no such file or directory`;
