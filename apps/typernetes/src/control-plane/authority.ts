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

/**
 * The CA of one control plane. Its certificates are valid from an hour ago for ten days, because the control plane is
 * for tests.
 */
export interface Authority {
  readonly identity: Identity;
  /** A certificate for a TLS server, by default on this machine. */
  forServer(names?: AlternativeNames): Promise<Identity>;
  /** A client certificate: the common name is the user's name, the organizations are the groups. */
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

/** A key, in PEM, to sign service account tokens. */
export async function newTokenKey(): Promise<string> {
  return privateKeyPem(await newPrivateKey(defaultTokenKeyAlgorithm));
}
