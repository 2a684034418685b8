import { existsSync } from 'node:fs';
import type { Clock, Logger } from '@typernetes/base';
import {
  clientFromKubeconfig,
  type Kubeconfig,
  loadKubeconfig,
  resolveContext,
  singleContext,
  transportOptions,
  writeKubeconfig,
} from '@typernetes/client';
import { lifeOf, requestClientCertificate, userAgent } from '@typernetes/kubelet';

/**
 * The kubeconfig to use: the one at `file` or, if there is none yet, one with a certificate that the cluster signs for
 * the bootstrap credentials.
 */
export async function nodeKubeconfig(
  files: { kubeconfig: string; bootstrap: string; certDir: string },
  nodeName: string,
  deps: { clock: Clock; log: Logger; signal: AbortSignal },
): Promise<Kubeconfig> {
  if (existsSync(files.kubeconfig) && !(files.bootstrap !== '' && hasExpired(files.kubeconfig, deps.clock)))
    return loadKubeconfig(files.kubeconfig);
  if (files.bootstrap === '' || !existsSync(files.bootstrap)) return loadKubeconfig(files.kubeconfig);
  const bootstrap = loadKubeconfig(files.bootstrap);
  const client = clientFromKubeconfig(bootstrap, { userAgent });
  const certificate = await requestClientCertificate(nodeName, files.certDir, { client, ...deps });
  client.transport.close();
  writeKubeconfig(
    files.kubeconfig,
    singleContext({
      clusterName: 'default-cluster',
      cluster: resolveContext(bootstrap).cluster,
      userName: 'default-auth',
      user: { 'client-certificate': certificate, 'client-key': certificate },
    }),
  );
  return loadKubeconfig(files.kubeconfig);
}

/** Whether the certificate has expired, because the node was away for long. */
function hasExpired(kubeconfig: string, clock: Clock): boolean {
  const { tls } = transportOptions(resolveContext(loadKubeconfig(kubeconfig)));
  const life = lifeOf(tls?.cert);
  return life !== undefined && life.notAfter <= clock.now();
}
