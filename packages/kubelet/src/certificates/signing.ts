import { type CertificateSigningRequest, certificatesigningrequests } from '@typernetes/api/certificates/v1';
import { type Clock, type Logger, messageOf } from '@typernetes/base';
import type { ApiClient } from '@typernetes/client';
import { isAlreadyExists, reasonOf } from '@typernetes/machinery';
import { createSigningRequest, newPrivateKey, privateKeyPem } from '@typernetes/pki';

export interface SigningDeps {
  readonly client: Pick<ApiClient, 'resource'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What a node asks the cluster to sign. */
export interface CertificateWish {
  readonly nodeName: string;
  readonly purpose: 'client' | 'serving';
  /** For serving. */
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
}

/** Certificate and key, in PEM. */
export interface SignedPair {
  readonly certificate: string;
  readonly privateKey: string;
}

const purposes = {
  client: { signerName: 'kubernetes.io/kube-apiserver-client-kubelet', usage: 'client auth' },
  serving: { signerName: 'kubernetes.io/kubelet-serving', usage: 'server auth' },
} as const;

/** How long to wait for a decision on a request before giving it up. */
const pendingMs = 15 * 60_000;

/**
 * Asks for a certificate for a new key and waits until it is signed. `nameOf` derives the request's name from its text;
 * without it the server generates one. Rejects when the request is denied or nobody decides.
 */
export async function requestCertificate(
  wish: CertificateWish,
  deps: SigningDeps & { readonly signal: AbortSignal; readonly nameOf?: (request: string) => string },
): Promise<SignedPair> {
  const { client, log, signal, nameOf } = deps;
  const csrs = client.resource(certificatesigningrequests);
  const privateKey = privateKeyPem(await newPrivateKey());
  const request = await createSigningRequest(privateKey, {
    commonName: `system:node:${wish.nodeName}`,
    organizations: ['system:nodes'],
    dnsNames: wish.dnsNames,
    ipAddresses: wish.ipAddresses,
  });
  const { signerName, usage } = purposes[wish.purpose];
  const object = {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: nameOf ? { name: nameOf(request) } : { generateName: 'csr-' },
    spec: {
      request: Buffer.from(request).toString('base64'),
      signerName,
      usages: ['digital signature', usage],
    },
  };
  let name = nameOf?.(request) ?? '';
  try {
    name = (await csrs.create(object as never, { signal })).metadata.name;
  } catch (error) {
    // The answer to an earlier try got lost.
    if (!nameOf || !isAlreadyExists(error)) throw error;
  }
  log.info('Waiting for a certificate to be signed', { csr: name, signer: signerName });
  const certificate = await untilSigned(() => csrs.get({ name }, { signal }), deps);
  return { certificate: `${certificate.trimEnd()}\n`, privateKey };
}

/** Signers that approve by themselves answer at once, people do not. */
const pollMs = { first: 50, most: 5000 };

async function untilSigned(
  read: () => Promise<CertificateSigningRequest>,
  { clock, log, signal }: Pick<SigningDeps, 'clock' | 'log'> & { readonly signal: AbortSignal },
): Promise<string> {
  const deadline = clock.monotonic() + pendingMs;
  for (let waitMs = pollMs.first; ; waitMs = Math.min(waitMs * 1.3, pollMs.most)) {
    const found = await read().catch((error: unknown) => {
      // If the server is briefly unreachable, keep waiting for the same request.
      if (signal.aborted || reasonOf(error) !== undefined || clock.monotonic() > deadline) throw error;
      log.debug('Cannot look for a certificate', { error: messageOf(error) });
    });
    const { certificate, conditions } = found?.status ?? {};
    if (certificate) return Buffer.from(certificate, 'base64').toString();
    const refusal = conditions?.find(({ type }) => type === 'Denied' || type === 'Failed');
    if (refusal)
      throw new Error(`certificate signing request is ${refusal.type.toLowerCase()}: ${refusal.message ?? ''}`);
    if (clock.monotonic() > deadline)
      throw new Error(`certificate signing request "${found?.metadata.name}" was not signed`);
    await clock.sleep(waitMs, signal);
  }
}
