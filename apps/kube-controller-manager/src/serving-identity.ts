import { hostname } from 'node:os';
import type { Clock } from '@typernetes/base';
import { createAuthority, createLeaf } from '@typernetes/pki';
import type { ServingIdentity } from '@typernetes/process';

const year = 365 * 24 * 3_600_000;

/** A certificate of a CA that nobody knows, as upstream's components make one when none is given: good for probes. */
export async function selfSignedIdentity(clock: Clock): Promise<ServingIdentity> {
  const validity = { notBefore: clock.now() - 3_600_000, notAfter: clock.now() + year };
  const name = hostname();
  const authority = await createAuthority({ commonName: `${name}-ca@${Math.trunc(clock.now() / 1000)}`, ...validity });
  return createLeaf(authority, {
    commonName: `${name}@${Math.trunc(clock.now() / 1000)}`,
    dnsNames: [name, 'localhost'],
    ipAddresses: ['127.0.0.1'],
    usages: ['digital signature', 'key encipherment', 'server auth'],
    ...validity,
  });
}
