import type { Identity } from '@typernetes/pki';
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

  /** Both, or an Error that names what is missing. */
  async require(name: string): Promise<Identity> {
    const { certificate, privateKey } = await this.find(name);
    if (certificate === undefined) throw new Error(`couldn't load the certificate file ${this.folder}/${name}.crt`);
    if (privateKey === undefined) throw new Error(`couldn't load the private key file ${this.folder}/${name}.key`);
    return { certificate, privateKey };
  }

  /** The key goes first: whoever finds a certificate also finds its key. */
  async save(name: string, identity: Identity): Promise<void> {
    await this.#files.write(`${this.folder}/${name}.key`, identity.privateKey, { mode: 0o600 });
    await this.#files.write(`${this.folder}/${name}.crt`, identity.certificate, { mode: 0o644 });
  }
}
