import { createHash } from 'node:crypto';
import { storeCurrent } from './certificate-store.ts';
import { requestCertificate, type SigningDeps } from './signing.ts';

export interface BootstrapDeps extends SigningDeps {
  readonly signal: AbortSignal;
}

/**
 * Asks the cluster, with a bootstrap token, for this node's client certificate and waits until it is signed. Leaves
 * `kubelet-client-current.pem` (certificate and key) in `certDir` and returns its path.
 */
export async function requestClientCertificate(
  nodeName: string,
  certDir: string,
  deps: BootstrapDeps,
): Promise<string> {
  const wish = { nodeName, purpose: 'client', dnsNames: [], ipAddresses: [] } as const;
  const pair = await requestCertificate(wish, { ...deps, nameOf });
  return storeCurrent(certDir, 'kubelet-client', pair, deps.clock);
}

function nameOf(request: string): string {
  const hash = createHash('sha256').update(request).digest('base64url');
  return `node-csr-${hash.replaceAll('_', '-').toLowerCase().replace(/^-|-$/g, '0')}`;
}
