import type { KubeletConfiguration } from '@typernetes/api/kubelet.config/v1beta1';
import { parseDuration } from '@typernetes/process';
import type { ClusterConfig } from '../config/internal.ts';
import { addressInSubnet } from '../network-address.ts';
import { manifestsFolder } from '../paths.ts';

/** The address of cluster DNS: the tenth of the Service addresses, by convention. */
export function clusterDnsAddress(cluster: Pick<ClusterConfig, 'serviceSubnet'>): string {
  return addressInSubnet(cluster.serviceSubnet, 10);
}

const defaultLeaseSeconds = 40;

/** The kubelets' configuration of a cluster: kubeadm's settings, with the user's over them. */
export function kubeletConfiguration(
  cluster: ClusterConfig,
  of: { user: Partial<KubeletConfiguration>; cgroupDriver: 'systemd' | 'cgroupfs' },
): Partial<KubeletConfiguration> {
  const { authentication, authorization, ...rest } = of.user;
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: {
      anonymous: { enabled: false, ...authentication?.anonymous },
      webhook: { enabled: true, cacheTTL: '0s', ...authentication?.webhook },
      x509: { clientCAFile: `${cluster.certificatesDir}/ca.crt`, ...authentication?.x509 },
    },
    authorization: { mode: 'Webhook', ...authorization },
    cgroupDriver: of.cgroupDriver,
    clusterDNS: [clusterDnsAddress(cluster)],
    clusterDomain: cluster.dnsDomain,
    ...leaseWithin(cluster),
    healthzBindAddress: '127.0.0.1',
    healthzPort: 10248,
    rotateCertificates: true,
    staticPodPath: manifestsFolder,
    ...rest,
  };
}

/**
 * A kubelet renews its lease every quarter of the lease's time, by default every 10 s. Where the controller manager gives nodes a shorter
 * time than that needs, healthy nodes would be taken for lost over and over, so the lease must not be longer than that time.
 */
function leaseWithin({ controllerManager }: Pick<ClusterConfig, 'controllerManager'>): Partial<KubeletConfiguration> {
  const grace = controllerManager.extraArgs.findLast(({ name }) => name === 'node-monitor-grace-period')?.value;
  const seconds = Math.floor((grace === undefined ? Number.NaN : (parseDuration(grace) ?? Number.NaN)) / 1000);
  return seconds >= 1 && seconds < defaultLeaseSeconds ? { nodeLeaseDurationSeconds: seconds } : {};
}
