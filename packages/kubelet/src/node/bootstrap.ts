import { createHash } from 'node:crypto';
import { mkdir, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { type CertificateSigningRequest, certificatesigningrequests } from '@typernetes/api/certificates/v1';
import type { Clock, Logger } from '@typernetes/base';
import type { ApiClient } from '@typernetes/client';
import { isAlreadyExists } from '@typernetes/machinery';
import { createSigningRequest, newPrivateKey, privateKeyPem, writeKeyFile } from '@typernetes/pki';

export interface BootstrapDeps {
  /** With the bootstrap token. */
  readonly client: Pick<ApiClient, 'resource'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/**
 * Asks the cluster for this node's client certificate and waits until it is signed. Leaves `kubelet-client-current.pem` (certificate and
 * key) in `certDir` and returns its path.
 */
export async function requestClientCertificate(
  nodeName: string,
  certDir: string,
  deps: BootstrapDeps,
): Promise<string> {
  const { client, clock, log, signal } = deps;
  const csrs = client.resource(certificatesigningrequests);
  const privateKey = privateKeyPem(await newPrivateKey());
  const request = await createSigningRequest(privateKey, {
    commonName: `system:node:${nodeName}`,
    organizations: ['system:nodes'],
  });
  const name = `node-csr-${createHash('sha256').update(request).digest('base64url').replaceAll('_', '-').toLowerCase().replace(/^-|-$/g, '0')}`;
  const object = {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name },
    spec: {
      request: Buffer.from(request).toString('base64'),
      signerName: 'kubernetes.io/kube-apiserver-client-kubelet',
      usages: ['digital signature', 'client auth'] as NonNullable<CertificateSigningRequest['spec']>['usages'],
    },
  };
  await csrs.create(object as never, { signal }).catch((error: unknown) => {
    if (!isAlreadyExists(error)) throw error;
  });
  log.info('Waiting for the client certificate to be signed', { csr: name });
  const certificate = await untilSigned(() => csrs.get({ name }, { signal }), clock, signal);
  return writeCurrent(certDir, `${certificate.trimEnd()}\n${privateKey}`, clock);
}

const pollMs = { first: 50, most: 1000 };

async function untilSigned(
  read: () => Promise<CertificateSigningRequest>,
  clock: Clock,
  signal: AbortSignal,
): Promise<string> {
  for (let waitMs = pollMs.first; ; waitMs = Math.min(waitMs * 1.5, pollMs.most)) {
    const { status } = await read();
    if (status?.certificate) return Buffer.from(status.certificate, 'base64').toString();
    const refusal = status?.conditions?.find(({ type }) => type === 'Denied' || type === 'Failed');
    if (refusal)
      throw new Error(`certificate signing request is ${refusal.type.toLowerCase()}: ${refusal.message ?? ''}`);
    await clock.sleep(waitMs, signal);
  }
}

/** `kubelet-client-<time>.pem`, and the link that always names the newest. */
async function writeCurrent(certDir: string, pem: string, clock: Clock): Promise<string> {
  await mkdir(certDir, { recursive: true, mode: 0o755 });
  const time = new Date(clock.now()).toISOString().slice(0, 19).replace('T', '-').replaceAll(':', '-');
  const file = join(certDir, `kubelet-client-${time}.pem`);
  const current = join(certDir, 'kubelet-client-current.pem');
  await writeKeyFile(file, pem);
  await rm(`${current}.tmp`, { force: true });
  await symlink(file, `${current}.tmp`);
  await rename(`${current}.tmp`, current);
  return current;
}
