import { X509Certificate } from 'node:crypto';
import type { Clock } from '@typernetes/base';
import { inspectCertificate, verifyCertificate } from '@typernetes/pki';
import { headerLines } from '../request/header-lines.ts';
import type { PeerCertificate } from '../request/server-request.ts';
import type { Authenticator, Credentials } from './authenticator.ts';
import { liveAuthorities } from './live-authorities.ts';

export interface RequestHeaderOptions {
  /** PEM bundle of `--requestheader-client-ca-file`, as it is now. */
  readonly clientCa: () => string | undefined;
  /** Common names of permitted front proxies; empty permits every certificate of the CA. */
  readonly allowedNames: readonly string[];
  readonly usernameHeaders: readonly string[];
  readonly uidHeaders: readonly string[];
  readonly groupHeaders: readonly string[];
  readonly extraHeaderPrefixes: readonly string[];
  readonly clock: Pick<Clock, 'now'>;
}

/**
 * A front proxy, authenticated by its certificate, names the user in headers. Such headers of other senders are
 * ignored.
 */
export function requestHeaderAuthenticator(options: RequestHeaderOptions): Authenticator {
  const authorities = liveAuthorities(options.clientCa);
  let proxies = new WeakMap<PeerCertificate, boolean>();
  let roots: readonly X509Certificate[] = [];
  const isProxy = (shown: PeerCertificate): boolean => {
    const certificate = new X509Certificate(shown.raw);
    const intermediates = shown.intermediates.map((der) => new X509Certificate(der));
    try {
      verifyCertificate(certificate, { roots, intermediates, now: options.clock.now(), usage: 'client auth' });
    } catch {
      return false; // Most client certificates are not a front proxy's: the next authenticator handles them.
    }
    return (
      options.allowedNames.length === 0 || options.allowedNames.includes(inspectCertificate(certificate).commonName)
    );
  };
  return {
    name: 'request-header',
    authenticate: (credentials) => {
      const { clientCertificate } = credentials;
      if (!clientCertificate) return undefined;
      const [username] = headerValues(credentials, options.usernameHeaders);
      if (!username) return undefined;
      if (authorities() !== roots) {
        roots = authorities();
        proxies = new WeakMap();
      }
      const trusted = proxies.get(clientCertificate) ?? isProxy(clientCertificate);
      proxies.set(clientCertificate, trusted);
      if (!trusted) return undefined;
      const extra = extraOf(credentials, options.extraHeaderPrefixes);
      const groups = headerValues(credentials, options.groupHeaders);
      const [uid] = headerValues(credentials, options.uidHeaders);
      return { username, groups, ...(uid ? { uid } : {}), ...(extra ? { extra } : {}) };
    },
  };
}

/** The values of all of the headers that are not empty. */
const headerValues = ({ headers }: Credentials, names: readonly string[]): string[] =>
  names
    .map((name) => name.toLowerCase())
    .flatMap((name) => headerLines(name, headers[name]))
    .filter((value) => value !== '');

/** The headers that start with a prefix, by the rest of their (percent-decoded) names. */
export function extraOf({ headers }: Credentials, prefixes: readonly string[]): Record<string, string[]> | undefined {
  const extra: Record<string, string[]> = {};
  for (const prefix of prefixes.map((one) => one.toLowerCase())) {
    for (const [name, value] of Object.entries(headers)) {
      if (!name.startsWith(prefix) || !value) continue;
      const key = decodedKey(name.slice(prefix.length));
      extra[key] = [...(extra[key] ?? []), ...headerLines(name, value)];
    }
  }
  return Object.keys(extra).length > 0 ? extra : undefined;
}

/** The key of an extra in the name of a header. */
export function decodedKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key; // Clients older than the percent-encoding sent keys as they are.
  }
}
