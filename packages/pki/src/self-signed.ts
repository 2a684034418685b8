import { createAuthority, createLeaf, type Identity } from './issue.ts';

const oneYearMs = 365 * 24 * 3_600_000;
const oneHourMs = 3_600_000;

/**
 * A serving identity for components that were given none (upstream: apiserver's self-signed certificates): signed by a CA that
 * is forgotten at once, so nobody can verify it; probes and loopback clients skip that. `now` in milliseconds.
 */
export async function selfSignedServing(host: string, now: number): Promise<Identity> {
  const validity = { notBefore: now - oneHourMs, notAfter: now + oneYearMs };
  const authority = await createAuthority({ commonName: `${host}-ca@${Math.floor(now / 1000)}`, ...validity });
  return createLeaf(authority, {
    commonName: `${host}@${Math.floor(now / 1000)}`,
    ...validity,
    dnsNames: [host, 'localhost'],
    ipAddresses: ['127.0.0.1'],
    usages: ['digital signature', 'key encipherment', 'server auth'],
  });
}
