import { formatDuration } from '@typernetes/process';
import type { ClusterConfig, ComponentConfig, InitConfig } from './internal.ts';

const apiVersion = 'kubeadm.k8s.io/v1beta4';

/** The ClusterConfiguration document of a cluster, complete: what `kubeadm-config` holds. */
export function clusterDocument(cluster: ClusterConfig): Record<string, unknown> {
  return {
    apiVersion,
    kind: 'ClusterConfiguration',
    apiServer: {
      ...component(cluster.apiServer),
      ...(cluster.apiServer.certSANs.length > 0 ? { certSANs: cluster.apiServer.certSANs } : {}),
    },
    caCertificateValidityPeriod: formatDuration(cluster.caCertificateValidityMs),
    certificateValidityPeriod: formatDuration(cluster.certificateValidityMs),
    certificatesDir: cluster.certificatesDir,
    clusterName: cluster.clusterName,
    ...(cluster.controlPlaneEndpoint ? { controlPlaneEndpoint: cluster.controlPlaneEndpoint } : {}),
    controllerManager: component(cluster.controllerManager),
    dns: cluster.dns.disabled ? { disabled: true } : {},
    encryptionAlgorithm: cluster.encryptionAlgorithm,
    ...(cluster.storage.kind === 'external-etcd'
      ? {
          etcd: {
            external: {
              caFile: cluster.storage.caFile,
              certFile: cluster.storage.certFile,
              endpoints: cluster.storage.endpoints,
              keyFile: cluster.storage.keyFile,
            },
          },
        }
      : {}),
    ...(Object.keys(cluster.featureGates).length > 0 ? { featureGates: cluster.featureGates } : {}),
    imageRepository: cluster.imageRepository,
    kubernetesVersion: cluster.kubernetesVersion,
    networking: {
      dnsDomain: cluster.dnsDomain,
      ...(cluster.podSubnet ? { podSubnet: cluster.podSubnet } : {}),
      serviceSubnet: cluster.serviceSubnet,
    },
    proxy: cluster.proxy.disabled ? { disabled: true } : {},
    scheduler: component(cluster.scheduler),
  };
}

function component(config: ComponentConfig): Record<string, unknown> {
  return {
    ...(config.extraArgs.length > 0 ? { extraArgs: config.extraArgs } : {}),
    ...(config.extraVolumes.length > 0 ? { extraVolumes: config.extraVolumes } : {}),
    ...(config.extraEnvs.length > 0 ? { extraEnvs: config.extraEnvs } : {}),
  };
}

/** The InitConfiguration document, as `config print init-defaults` shows it. */
export function initDocument(config: InitConfig): Record<string, unknown> {
  return {
    apiVersion,
    kind: 'InitConfiguration',
    bootstrapTokens: config.bootstrapTokens.map(({ token, ttlMs, usages, groups }) => ({
      groups,
      token,
      ttl: formatDuration(ttlMs),
      usages,
    })),
    localAPIEndpoint: config.localEndpoint,
    nodeRegistration: {
      criSocket: config.node.criSocket,
      imagePullPolicy: config.node.imagePullPolicy,
      imagePullSerial: true,
      name: config.node.name,
      taints: null,
    },
    timeouts: {
      controlPlaneComponentHealthCheck: formatDuration(config.timeouts.controlPlaneComponentHealthCheckMs),
      discovery: formatDuration(config.timeouts.discoveryMs),
      kubeletHealthCheck: formatDuration(config.timeouts.kubeletHealthCheckMs),
      kubernetesAPICall: formatDuration(config.timeouts.kubernetesApiCallMs),
      tlsBootstrap: formatDuration(config.timeouts.tlsBootstrapMs),
    },
  };
}
