import { isIP } from 'node:net';
import type { AlternativeNames } from './alternative-names.ts';
import type { Identity } from './identity.ts';
import { createAuthority, createLeaf } from './issue.ts';

const oneYearMs = 365 * 24 * 3_600_000;
const oneHourMs = 3_600_000;

/**
 * A serving identity for components that were given none (upstream: cert.GenerateSelfSignedCertKey), signed by a CA
 * whose key is discarded at once. The CA's certificate follows the server's in the PEM text, so that clients can be
 * told to trust that text. `now` in milliseconds.
 */
export async function selfSignedServing(
  host: string,
  now: number,
  also: Pick<AlternativeNames, 'dnsNames' | 'ipAddresses'> = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] },
): Promise<Identity> {
  const validity = { notBefore: now - oneHourMs, notAfter: now + oneYearMs };
  const authority = await createAuthority({ commonName: `${host}-ca@${Math.floor(now / 1000)}`, ...validity });
  const isAddress = isIP(host) !== 0;
  const leaf = await createLeaf(authority, {
    commonName: `${host}@${Math.floor(now / 1000)}`,
    ...validity,
    dnsNames: [...(isAddress ? [] : [host]), ...(also.dnsNames ?? [])],
    ipAddresses: [...new Set([...(isAddress ? [host] : []), ...(also.ipAddresses ?? [])])],
    usages: ['digital signature', 'key encipherment', 'server auth'],
  });
  return { ...leaf, certificate: leaf.certificate + authority.certificate };
}
