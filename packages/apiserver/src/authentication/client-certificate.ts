import { X509Certificate } from 'node:crypto';
import type { Clock } from '@typernetes/base';
import { inspectCertificate, verifyCertificate } from '@typernetes/pki';
import type { UserInfo } from '../identity/user-info.ts';
import type { PeerCertificate } from '../request/server-request.ts';
import type { Authenticator } from './authenticator.ts';
import { liveAuthorities } from './live-authorities.ts';
import { unauthorized, withAuthenticatedGroup } from './union.ts';

interface ClientCertificateOptions {
  /** PEM bundle of `--client-ca-file`, as it is now. */
  readonly clientCa: () => string | undefined;
  readonly clock: Pick<Clock, 'now'>;
  /** Called with the remaining lifetime of a client certificate, in seconds, whenever one is presented. */
  readonly shown?: (seconds: number) => void;
}

interface Verified {
  readonly user: UserInfo;
  readonly notBefore: number;
  readonly notAfter: number;
}

/**
 * The common name is the user, the organizations are the groups. A certificate's chain is verified once per connection
 * (all requests of a connection share the same bytes), its dates on every request.
 */
export function clientCertificateAuthenticator({ clientCa, clock, shown }: ClientCertificateOptions): Authenticator {
  const authorities = liveAuthorities(clientCa);
  let known = new WeakMap<PeerCertificate, Verified>();
  let roots: readonly X509Certificate[] = [];
  const verify = (shownCertificate: PeerCertificate): Verified => {
    const certificate = new X509Certificate(shownCertificate.raw);
    const intermediates = shownCertificate.intermediates.map((der) => new X509Certificate(der));
    try {
      verifyCertificate(certificate, { roots, intermediates, now: clock.now(), usage: 'client auth' });
    } catch (cause) {
      throw unauthorized(cause);
    }
    const { commonName, organizations, notBefore, notAfter } = inspectCertificate(certificate);
    if (commonName === '') throw unauthorized(new Error('client certificate has no common name'));
    const credentialId = `X509SHA256=${certificate.fingerprint256.replaceAll(':', '').toLowerCase()}`;
    const extra = { 'authentication.kubernetes.io/credential-id': [credentialId] };
    // All requests of a connection share this user, so the group is added here, once.
    const user = withAuthenticatedGroup({ username: commonName, groups: organizations, extra });
    return { user, notBefore, notAfter };
  };
  return {
    name: 'x509',
    authenticate: ({ clientCertificate }) => {
      if (!clientCertificate) return undefined;
      if (authorities() !== roots) {
        // Users verified by the previous CAs must be verified again.
        roots = authorities();
        known = new WeakMap();
      }
      const now = clock.now();
      const before = known.get(clientCertificate);
      if (before && now >= before.notBefore && now <= before.notAfter) {
        shown?.((before.notAfter - now) / 1000);
        return before.user;
      }
      const verified = verify(clientCertificate);
      shown?.((verified.notAfter - now) / 1000);
      known.set(clientCertificate, verified);
      return verified.user;
    },
  };
}
