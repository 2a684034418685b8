import type { Clock } from '@typernetes/base';
import {
  type AlternativeNames,
  createAuthority,
  createLeaf,
  defaultTokenKeyAlgorithm,
  type Identity,
  newPrivateKey,
  privateKeyPem,
  type Subject,
} from '@typernetes/pki';

const dayMs = 24 * 3_600_000;

/** The certificates of one control plane, valid from an hour ago for ten days: it is made for tests. */
export interface Authority {
  readonly identity: Identity;
  /** For a TLS server, one on this machine unless other names are given. */
  forServer(names?: AlternativeNames): Promise<Identity>;
  /** For a user: the common name is the user's name, the organizations are the groups. */
  forClient(subject: Subject): Promise<Identity>;
}

const thisMachine: AlternativeNames = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1', '::1'] };

export async function newAuthority(clock: Clock): Promise<Authority> {
  const now = clock.now();
  const validity = { notBefore: now - 3_600_000, notAfter: now + 10 * dayMs };
  const identity = await createAuthority({ commonName: 'kubernetes', ...validity });
  return {
    identity,
    forServer: (names = thisMachine) =>
      createLeaf(identity, {
        commonName: names.dnsNames?.[0] ?? names.ipAddresses?.[0] ?? 'server',
        ...validity,
        ...names,
        usages: ['digital signature', 'server auth'],
      }),
    forClient: (subject) =>
      createLeaf(identity, { ...subject, ...validity, usages: ['digital signature', 'client auth'] }),
  };
}

/** The key, in PEM, that signs the tokens of service accounts. */
export async function newTokenKey(): Promise<string> {
  return privateKeyPem(await newPrivateKey(defaultTokenKeyAlgorithm));
}
