import { createAuthority, createLeaf, type Identity } from '@typernetes/pki';

const validity = { notBefore: Date.UTC(2020, 0), notAfter: Date.UTC(2090, 0) };

/** A certificate for a server on 127.0.0.1 and the authority that issued it, for tests that speak TLS. */
export async function loopbackIdentity(): Promise<{ ca: Identity; leaf: Identity; validity: typeof validity }> {
  const ca = await createAuthority({ commonName: 'test', ...validity });
  const leaf = await createLeaf(ca, {
    commonName: 'server',
    ...validity,
    ipAddresses: ['127.0.0.1'],
    usages: ['digital signature', 'server auth'],
  });
  return { ca, leaf, validity };
}
