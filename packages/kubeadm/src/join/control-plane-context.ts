import { configmaps } from '@typernetes/api/core/v1';
import { formatKubeconfig, singleContext } from '@typernetes/client';
import { patientClient } from '../cluster/patient-transport.ts';
import type { CommandDeps } from '../command-deps.ts';
import type { JoinConfig } from '../config/internal.ts';
import { loadClusterConfig } from '../config/load.ts';
import type { DryRun } from '../dry-run/dry-run.ts';
import type { InitContext } from '../init-context.ts';
import type { Patches } from '../patches/patches.ts';
import type { DiscoveredCluster } from './discovered-cluster.ts';

/** A kubeconfig with the bootstrap token's credentials or, without a token, those of the discovery file. */
export function bootstrapKubeconfigText(cluster: DiscoveredCluster, token: string): string {
  const { server, caCertificate, user } = cluster;
  if (token === '' && !user) {
    throw new Error(
      "couldn't find authentication credentials for the TLS boostrap process. Please use Token discovery, a discovery file with embedded authentication credentials or a discovery file without authentication credentials but with the TLSBootstrapToken flag",
    );
  }
  return formatKubeconfig(
    singleContext({
      clusterName: 'kubernetes',
      cluster: { server, 'certificate-authority-data': Buffer.from(caCertificate).toString('base64') },
      userName: 'tls-bootstrap-token-user',
      user: token === '' ? (user ?? {}) : { token },
    }),
  );
}

/** The cluster's configuration with this machine's name and address, as init would use it here. */
export async function controlPlaneContext(
  config: JoinConfig,
  deps: CommandDeps,
  options: {
    cluster: (signal: AbortSignal) => Promise<DiscoveredCluster>;
    signal: AbortSignal;
    patches: Patches;
    dryRun: DryRun | undefined;
  },
): Promise<InitContext> {
  if (!config.controlPlane) throw new Error('this machine joins as a worker');
  const { localEndpoint, certificateKey } = config.controlPlane;
  const { host, output, clock, connect, newToken, images } = deps;
  const kubeconfig = bootstrapKubeconfigText(await options.cluster(options.signal), config.tlsBootstrapToken);
  const client = patientClient(connect(kubeconfig), { clock, timeoutMs: config.timeouts.kubernetesApiCallMs });
  try {
    const reference = { name: 'kubeadm-config', namespace: 'kube-system' };
    const { data } = await client.resource(configmaps).get(reference, { signal: options.signal });
    return {
      config: {
        cluster: loadClusterConfig(data?.ClusterConfiguration ?? ''),
        node: config.node,
        localEndpoint,
        certificateKey,
        bootstrapTokens: [],
        skipPhases: config.skipPhases,
        dryRun: config.dryRun,
        patches: config.patches,
        timeouts: config.timeouts,
        kubelet: {},
        kubeProxy: {},
      },
      host,
      output,
      clock,
      connect,
      newToken,
      images,
      skipTokenPrint: true,
      uploadCerts: false,
      skipCertificateKeyPrint: true,
      patches: options.patches,
      dryRun: options.dryRun,
    };
  } finally {
    client.transport.close();
  }
}
