import type { KubeletConfiguration } from '@typernetes/api/kubelet.config/v1beta1';
import { parseDuration } from '@typernetes/process';
import type { ClusterConfig } from '../config/internal.ts';
import { addressInSubnet } from '../network-address.ts';
import { manifestsFolder } from '../paths.ts';

/** The address of cluster DNS: by convention the tenth Service address. */
export function clusterDnsAddress(cluster: Pick<ClusterConfig, 'serviceSubnet'>): string {
  return addressInSubnet(cluster.serviceSubnet, 10);
}

const defaultLeaseSeconds = 40;

/** A cluster's kubelet configuration: kubeadm's settings, overridden by the user's. */
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
 * A kubelet renews its lease every quarter of the lease's duration, by default every 10 s. If the controller manager's node grace period is
 * shorter, healthy nodes would be considered lost again and again, so the lease must not last longer than the grace period.
 */
function leaseWithin({ controllerManager }: Pick<ClusterConfig, 'controllerManager'>): Partial<KubeletConfiguration> {
  const grace = controllerManager.extraArgs.findLast(({ name }) => name === 'node-monitor-grace-period')?.value;
  const seconds = Math.floor((grace === undefined ? Number.NaN : (parseDuration(grace) ?? Number.NaN)) / 1000);
  return seconds >= 1 && seconds < defaultLeaseSeconds ? { nodeLeaseDurationSeconds: seconds } : {};
}
