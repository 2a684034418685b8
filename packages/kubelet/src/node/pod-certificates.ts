import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { PodCertificateRequest } from '@typernetes/api/certificates/v1beta1';
import type { Node, Pod, PodCertificateProjection, ServiceAccount } from '@typernetes/api/core/v1';
import { type Clock, messageOf } from '@typernetes/base';
import { isNotFound } from '@typernetes/machinery';
import { createSigningRequest } from '@typernetes/pki';
import type { IssuedCertificate } from '../volumes/sources.ts';

interface Certificate {
  readonly issued: IssuedCertificate;
  /** Times of day. */
  readonly refreshAt: number;
  readonly expiresAt: number;
}

interface Request {
  readonly name: string;
  readonly key: KeyObject;
  readonly askedAt: number;
  /** Why no certificate will be issued. */
  readonly refused?: string;
}

const dayMs = 24 * 3600 * 1000;

interface PodCertificatesDeps {
  readonly clock: Clock;
  readonly node: () => Node | undefined;
  serviceAccount(namespace: string, name: string): Promise<ServiceAccount>;
  create(namespace: string, request: object): Promise<PodCertificateRequest>;
  read(namespace: string, name: string): Promise<PodCertificateRequest>;
}

/** How long one round of a pod waits for its signer; the next round waits for the same request. */
const patience = { times: 20, everyMs: 500 };

/**
 * Certificates for pods from the signers that their volumes name. Each certificate has a key and a request of its own,
 * and both are renewed when the refresh is due. A denied request stays denied for a day. Keys are kept in memory only,
 * as is the pod's volume.
 */
export class PodCertificates {
  readonly #deps: PodCertificatesDeps;
  readonly #certificates = new Map<string, Certificate>();
  readonly #requests = new Map<string, Request>();

  constructor(deps: PodCertificatesDeps) {
    this.#deps = deps;
  }

  /**
   * `volume` is the name of the volume; a source is identified by its paths. Rejects while there is no valid
   * certificate.
   */
  async get(pod: Pod, volume: string, source: PodCertificateProjection): Promise<IssuedCertificate> {
    const { clock } = this.#deps;
    this.#forgetOld();
    const paths = [source.credentialBundlePath, source.keyPath, source.certificateChainPath];
    const key = JSON.stringify([pod.metadata.uid, volume, ...paths]);
    const known = this.#certificates.get(key);
    if (known && clock.now() < known.refreshAt) return known.issued;
    try {
      return await this.#request(pod, source, key);
    } catch (error) {
      // Requested well before expiry, so that signer and server may be unavailable for a while.
      if (known && clock.now() < known.expiresAt) return known.issued;
      throw error;
    }
  }

  async #request(pod: Pod, source: PodCertificateProjection, key: string): Promise<IssuedCertificate> {
    const { clock, read } = this.#deps;
    const { namespace = 'default' } = pod.metadata;
    const asked = this.#requests.get(key) ?? (await this.#create(pod, source));
    this.#requests.set(key, asked);
    if (asked.refused !== undefined) throw new Error(asked.refused);
    for (let times = 0; times < patience.times; times++) {
      if (times > 0) await clock.sleep(patience.everyMs);
      const { status } = await this.#readOrForget(key, () => read(namespace, asked.name));
      const verdict = status?.conditions?.find(({ type, status: is }) => is === 'True' && verdicts.has(type));
      if (!verdict) continue;
      if (verdict.type !== 'Issued') {
        const why = `PodCertificateRequest "${asked.name}" of signer "${source.signerName}" was ${verdict.type === 'Denied' ? 'denied' : 'not fulfilled'}: ${verdict.reason}: ${verdict.message}`;
        this.#requests.set(key, { ...asked, refused: why });
        throw new Error(why);
      }
      this.#requests.delete(key);
      const { certificateChain = '', beginRefreshAt = '', notAfter = '' } = status ?? {};
      const issued = { privateKey: asked.key.export({ type: 'pkcs8', format: 'pem' }).toString(), certificateChain };
      this.#certificates.set(key, { issued, refreshAt: Date.parse(beginRefreshAt), expiresAt: Date.parse(notAfter) });
      return issued;
    }
    throw new Error(`PodCertificateRequest "${asked.name}" of signer "${source.signerName}" is not issued yet`);
  }

  /** A request that was deleted is made again in the next round. */
  async #readOrForget<T>(key: string, read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      if (isNotFound(error)) this.#requests.delete(key);
      throw new Error(`while reading the PodCertificateRequest: ${messageOf(error)}`, { cause: error });
    }
  }

  async #create(pod: Pod, source: PodCertificateProjection): Promise<Request> {
    const { create, serviceAccount, node: currentNode } = this.#deps;
    const { name: podName, uid: podUID, namespace = 'default' } = pod.metadata;
    const serviceAccountName = pod.spec?.serviceAccountName ?? 'default';
    const [account, node] = [await serviceAccount(namespace, serviceAccountName), currentNode()];
    if (!node) throw new Error('the node is not registered yet');
    const key = await newKey(source.keyType);
    const request = await createSigningRequest(key.export({ type: 'pkcs8', format: 'pem' }).toString(), {
      commonName: '',
    });
    const { metadata } = await create(namespace, {
      apiVersion: 'certificates.k8s.io/v1beta1',
      kind: 'PodCertificateRequest',
      metadata: {
        namespace,
        generateName: 'req-',
        ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: podName, uid: podUID }],
      },
      spec: {
        signerName: source.signerName,
        podName,
        podUID,
        serviceAccountName,
        serviceAccountUID: account.metadata.uid,
        nodeName: node.metadata.name,
        nodeUID: node.metadata.uid,
        maxExpirationSeconds: source.maxExpirationSeconds ?? 86_400,
        stubPKCS10Request: Buffer.from(request.replaceAll(/-----[^-]+-----/g, ''), 'base64').toString('base64'),
        ...(source.userAnnotations ? { unverifiedUserAnnotations: source.userAnnotations } : {}),
      },
    });
    return { name: metadata.name, key, askedAt: this.#deps.clock.monotonic() };
  }

  #forgetOld(): void {
    const { clock } = this.#deps;
    for (const [key, { expiresAt }] of this.#certificates) if (expiresAt < clock.now()) this.#certificates.delete(key);
    for (const [key, { askedAt }] of this.#requests)
      if (clock.monotonic() - askedAt > dayMs) this.#requests.delete(key);
  }
}

const verdicts: ReadonlySet<string> = new Set(['Issued', 'Denied', 'Failed']);

const generate = promisify(generateKeyPair) as unknown as (
  type: string,
  options: object,
) => Promise<{ readonly privateKey: KeyObject }>;

const keyTypes: Readonly<Record<string, readonly [type: string, options: object]>> = {
  RSA3072: ['rsa', { modulusLength: 3072 }],
  RSA4096: ['rsa', { modulusLength: 4096 }],
  ECDSAP256: ['ec', { namedCurve: 'prime256v1' }],
  ECDSAP384: ['ec', { namedCurve: 'secp384r1' }],
  ECDSAP521: ['ec', { namedCurve: 'secp521r1' }],
  ED25519: ['ed25519', {}],
};

async function newKey(keyType: string): Promise<KeyObject> {
  const [type, options] = keyTypes[keyType] ?? [];
  if (type === undefined || options === undefined) throw new Error(`unknown key type "${keyType}"`);
  return (await generate(type, options)).privateKey;
}
