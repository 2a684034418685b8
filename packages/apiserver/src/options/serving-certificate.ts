import type { Clock } from '@typernetes/base';
import { identityFiles, keptServing, selfSignedServing } from '@typernetes/pki';
import { firstAddressOf } from '../allocation/address-range.ts';
import type { ApiServerFlags } from './flags.ts';

/** Whom a certificate names that the server makes for itself. */
interface OwnCertificate {
  readonly host: string;
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
}

export interface ServingFiles {
  readonly certFile: string;
  readonly keyFile: string;
  /**
   * The self-signed certificate that the server writes into these files if they are missing; undefined when a
   * certificate is configured.
   */
  readonly own: OwnCertificate | undefined;
}

/** The names by which clients in the cluster reach the server. */
const clusterNames = ['kubernetes.default.svc', 'kubernetes.default', 'kubernetes'];

/** The files of the flags, else `apiserver.crt` and `apiserver.key` in `--cert-dir`, as upstream's MaybeDefaultWithSelfSignedCerts. */
export function servingFiles(flags: ApiServerFlags, advertiseAddress: string): ServingFiles {
  const named = { certFile: flags['tls-cert-file'], keyFile: flags['tls-private-key-file'] };
  if (named.certFile !== '' || named.keyFile !== '' || flags['cert-dir'] === '') return { ...named, own: undefined };
  const { certificate, privateKey } = identityFiles(flags['cert-dir'].replace(/\/$/, ''), 'apiserver');
  const bind = flags['bind-address'];
  const everywhere = bind === '0.0.0.0' || bind === '::' || bind === '';
  const service = firstAddressOf(flags['service-cluster-ip-range']);
  return {
    certFile: certificate,
    keyFile: privateKey,
    own: {
      host: advertiseAddress,
      dnsNames: [...clusterNames, ...(everywhere ? ['localhost'] : [])],
      ipAddresses: [...(service === '' ? [] : [service]), ...(everywhere ? [] : [bind])],
    },
  };
}

/**
 * Writes both files unless they exist; resolves to whether it did. The certificate, followed by its CA, is valid for a
 * year.
 */
export async function makeServingFiles({ certFile, keyFile, own }: ServingFiles, clock: Clock): Promise<boolean> {
  if (!own) return false;
  const files = { certificate: certFile, privateKey: keyFile };
  return (await keptServing(files, () => selfSignedServing(own.host, clock.now(), own))).made;
}
