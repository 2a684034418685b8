import { createAuthority, createLeaf, type Identity } from '@typernetes/pki';

/** Certificates for a server on loopback and its administrator. */
export interface LoopbackCertificates {
  readonly ca: Identity;
  readonly serving: Identity;
  readonly admin: Identity;
}

/** Creates a CA named `kubernetes`, a certificate for 127.0.0.1, and one for an administrator. */
export async function loopbackCertificates(validity: {
  notBefore: number;
  notAfter: number;
}): Promise<LoopbackCertificates> {
  const ca = await createAuthority({ commonName: 'kubernetes', ...validity });
  const serving = await createLeaf(ca, {
    commonName: 'kube-apiserver',
    ...validity,
    ipAddresses: ['127.0.0.1'],
    usages: ['digital signature', 'server auth'],
  });
  const admin = await createLeaf(ca, {
    commonName: 'admin',
    organizations: ['system:masters'],
    ...validity,
    usages: ['digital signature', 'client auth'],
  });
  return { ca, serving, admin };
}
