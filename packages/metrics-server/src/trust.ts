import type { X509Certificate } from 'node:crypto';
import type { Requester } from '@typernetes/client';
import { inspectCertificate, readCertificates, verifyCertificate } from '@typernetes/pki';

/**
 * The CAs and names that the cluster's API servers trust, from the ConfigMap `extension-apiserver-authentication` in
 * kube-system.
 */
export interface Trust {
  /** The CAs of clients. */
  readonly clients: readonly X509Certificate[];
  /** The CAs of the API servers' proxy certificates, with which they pass on clients' requests. */
  readonly proxies: readonly X509Certificate[];
  /** Allowed common names of proxy certificates; empty: any. */
  readonly proxyNames: readonly string[];
  readonly userHeaders: readonly string[];
  readonly groupHeaders: readonly string[];
  readonly uidHeaders: readonly string[];
}

/** Throws an Error that names the key with an invalid value. */
export function readTrust(data: Readonly<Record<string, string>> = {}): Trust {
  const read = <T>(key: string, of: (text: string) => readonly T[]): readonly T[] => {
    const text = data[key];
    try {
      return text ? of(text) : [];
    } catch (cause) {
      throw new Error(`${key}: ${cause instanceof Error ? cause.message : cause}`, { cause });
    }
  };
  const names = (key: string): readonly string[] => read<string>(key, JSON.parse);
  return {
    clients: read('client-ca-file', readCertificates),
    proxies: read('requestheader-client-ca-file', readCertificates),
    proxyNames: names('requestheader-allowed-names'),
    userHeaders: names('requestheader-username-headers'),
    groupHeaders: names('requestheader-group-headers'),
    uidHeaders: names('requestheader-uid-headers'),
  };
}

/** What a request says about its client; each header with its values in order. */
interface Introduction {
  readonly certificate: X509Certificate | undefined;
  readonly headers: Readonly<Record<string, readonly string[] | undefined>>;
}

/**
 * The client: from the headers of an API server that passes the request on, or from a certificate; undefined leaves it
 * to a token. `now` in milliseconds.
 */
export function introduced({ certificate, headers }: Introduction, trust: Trust, now: number): Requester | undefined {
  if (!certificate) return undefined;
  const isSignedBy = (roots: readonly X509Certificate[]): boolean => {
    try {
      verifyCertificate(certificate, { roots, now, usage: 'client auth' });
      return true;
    } catch {
      return false; // Another CA may have signed it: without a match, the certificate says nothing.
    }
  };
  const { commonName, organizations } = inspectCertificate(certificate);
  const values = (names: readonly string[]): readonly string[] =>
    names.flatMap((name) => headers[name.toLowerCase()] ?? []);
  const [username] = values(trust.userHeaders);
  const mayVouch = trust.proxyNames.length === 0 || trust.proxyNames.includes(commonName);
  if (username && mayVouch && isSignedBy(trust.proxies)) {
    const [uid] = values(trust.uidHeaders);
    return { username, groups: values(trust.groupHeaders), ...(uid ? { uid } : {}) };
  }
  if (!commonName || !isSignedBy(trust.clients)) return undefined;
  return { username: commonName, groups: [...organizations, 'system:authenticated'] };
}
