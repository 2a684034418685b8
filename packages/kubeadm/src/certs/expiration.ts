import { X509Certificate } from 'node:crypto';
import { timestamp } from '@typernetes/base';
import { inspectCertificate } from '@typernetes/pki';
import type { ClusterConfig } from '../config/internal.ts';
import type { Files } from '../host.ts';
import { CertificateStore } from './certificate-store.ts';
import { authoritiesOf, renewables } from './renewable.ts';

/** When a certificate expires, and who renews it. */
export interface Expiration {
  readonly name: string;
  /** Milliseconds since 1970; undefined for one that is missing. */
  readonly notAfter: number | undefined;
  /** The authority that signed it; undefined for a certificate authority. */
  readonly authority: string | undefined;
  /** The authority's key is not on this machine, so kubeadm cannot renew the certificate. */
  readonly external: boolean;
}

export interface Expirations {
  readonly certificates: readonly Expiration[];
  readonly authorities: readonly Expiration[];
}

export async function expirationsOf(
  cluster: ClusterConfig,
  files: Pick<Files, 'read' | 'write'>,
): Promise<Expirations> {
  const store = new CertificateStore(cluster.certificatesDir, files);
  const external = async (file: string): Promise<boolean> => (await store.find(file)).privateKey === undefined;
  const certificates: Expiration[] = [];
  for (const { name, authority, read } of renewables(cluster).map((item) => ({
    ...item,
    read: () => item.read(files),
  }))) {
    const notAfter = (await read())?.notAfter;
    certificates.push({ name, notAfter, authority: authority.name, external: await external(authority.file) });
  }
  const authorities: Expiration[] = [];
  for (const { name, file } of authoritiesOf(cluster)) {
    const { certificate } = await store.find(file);
    const notAfter = certificate && inspectCertificate(new X509Certificate(certificate)).notAfter;
    authorities.push({ name, notAfter: notAfter || undefined, authority: undefined, external: await external(file) });
  }
  return { certificates, authorities };
}

/** As the output API's kind CertificateExpirationInfo has them. */
export function expirationInfo({ certificates, authorities }: Expirations, now: number): object {
  const shown = ({ name, notAfter, authority, external }: Expiration): object => ({
    name,
    expirationDate: notAfter === undefined ? null : timestamp(notAfter),
    residualTime: notAfter === undefined ? 0 : Math.floor((notAfter - now) / 1000),
    externallyManaged: notAfter !== undefined && external,
    ...(authority === undefined || notAfter === undefined ? {} : { caName: authority }),
    missing: notAfter === undefined,
  });
  return { certificates: certificates.map(shown), certificateAuthorities: authorities.map(shown) };
}
