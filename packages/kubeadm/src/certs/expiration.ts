import { timestamp } from '@typernetes/base';
import { inspectCertificate } from '@typernetes/pki';
import type { ClusterConfig } from '../config/internal.ts';
import { CertificateStore, type StoreFiles } from './certificate-store.ts';
import { authoritiesOf, isExternal, renewables } from './renewable.ts';
import type { Warned } from './validity-warning.ts';

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

export async function expirationsOf(cluster: ClusterConfig, files: StoreFiles, warned: Warned): Promise<Expirations> {
  const store = new CertificateStore(cluster.certificatesDir, files);
  const missing = { notAfter: undefined, external: false };
  const certificates: Expiration[] = [];
  for (const item of renewables(cluster)) {
    const of = { name: item.name, authority: item.authority.name };
    if (!(await item.exists(files))) certificates.push({ ...of, ...missing });
    else {
      const external = await isExternal(item.authority.file, store, warned);
      const { notAfter } = await item.read(files);
      certificates.push({ ...of, notAfter, external });
    }
  }
  const authorities: Expiration[] = [];
  for (const { name, file } of authoritiesOf(cluster)) {
    const of = { name, authority: undefined };
    if (!(await store.hasCertificate(file))) authorities.push({ ...of, ...missing });
    else {
      const external = await isExternal(file, store, warned);
      const [certificate] = await store.chainOf(file);
      authorities.push({ ...of, notAfter: inspectCertificate(certificate).notAfter, external });
    }
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
