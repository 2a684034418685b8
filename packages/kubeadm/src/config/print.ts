import { imageTag } from '@typernetes/base';
import { formatDuration } from '@typernetes/process';
import { defaultCertificatesFolder, defaultCriSocket } from '../paths.ts';
import { completeTimeouts } from './defaults.ts';
import type { ClusterConfig, ComponentConfig, InitConfig, JoinConfig, NodeRegistration, Timeouts } from './internal.ts';

const apiVersion = 'kubeadm.k8s.io/v1beta4';

/** The complete ClusterConfiguration document of a cluster, as stored in `kubeadm-config`. */
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
    dns: {
      ...(cluster.dns.disabled ? { disabled: true } : {}),
      ...(cluster.dns.imageRepository === cluster.imageRepository
        ? {}
        : { imageRepository: cluster.dns.imageRepository }),
      ...(cluster.dns.imageTag ? { imageTag: cluster.dns.imageTag } : {}),
    },
    ...(cluster.encryptionAlgorithm ? { encryptionAlgorithm: cluster.encryptionAlgorithm } : {}),
    ...etcd(cluster),
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

/** Without an etcd section, joining machines recognize the embedded store. */
function etcd({ storage, imageRepository }: ClusterConfig): Record<string, unknown> {
  if (storage.kind === 'embedded') return {};
  if (storage.kind === 'external-etcd') {
    const { caFile, certFile, endpoints, httpEndpoints, keyFile } = storage;
    const http = httpEndpoints.length > 0 ? { httpEndpoints } : {};
    return { etcd: { external: { caFile, certFile, endpoints, ...http, keyFile } } };
  }
  const { dataDir, extraArgs, extraEnvs, peerCertSANs, serverCertSANs } = storage;
  const lists = { extraArgs, extraEnvs, peerCertSANs, serverCertSANs };
  return {
    etcd: {
      local: {
        dataDir,
        ...(storage.imageRepository === imageRepository ? {} : { imageRepository: storage.imageRepository }),
        ...(storage.imageTag === imageTag ? {} : { imageTag: storage.imageTag }),
        ...Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0)),
      },
    },
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
    nodeRegistration: registration(config.node),
    timeouts: timeouts(config.timeouts),
  };
}

/** The JoinConfiguration document, as `config print join-defaults` shows it. */
export function joinDocument(config: JoinConfig): Record<string, unknown> {
  const { token, file } = config.discovery;
  return {
    apiVersion,
    kind: 'JoinConfiguration',
    caCertPath: config.caCertPath,
    discovery: {
      ...(file ? { file: { kubeConfigPath: file.path } } : {}),
      ...(token
        ? {
            bootstrapToken: {
              apiServerEndpoint: token.endpoint,
              ...(token.caCertHashes.length > 0 ? { caCertHashes: token.caCertHashes } : {}),
              token: token.token,
              ...(token.unsafeSkipCaVerification ? { unsafeSkipCAVerification: true } : {}),
            },
          }
        : {}),
      tlsBootstrapToken: config.tlsBootstrapToken,
    },
    nodeRegistration: registration(config.node),
    timeouts: timeouts(config.timeouts),
  };
}

/** The ResetConfiguration document with its defaults. */
export function resetDocument(): Record<string, unknown> {
  return {
    apiVersion,
    kind: 'ResetConfiguration',
    certificatesDir: defaultCertificatesFolder,
    criSocket: defaultCriSocket,
    timeouts: timeouts(completeTimeouts()),
  };
}

/** The UpgradeConfiguration document with its defaults. */
export function upgradeDocument(): Record<string, unknown> {
  const pulls = { imagePullPolicy: 'IfNotPresent', imagePullSerial: true };
  const changes = { certificateRenewal: true, etcdUpgrade: true, ...pulls };
  return {
    apiVersion,
    kind: 'UpgradeConfiguration',
    apply: changes,
    diff: {},
    node: changes,
    plan: { etcdUpgrade: true },
    timeouts: timeouts(completeTimeouts()),
  };
}

/** The apiVersion in which a kind is written. */
export function apiVersionOf(kind: string): string {
  if (kind === 'KubeletConfiguration') return 'kubelet.config.k8s.io/v1beta1';
  return kind === 'KubeProxyConfiguration' ? 'kubeproxy.config.k8s.io/v1alpha1' : apiVersion;
}

function registration(node: NodeRegistration): Record<string, unknown> {
  return {
    criSocket: node.criSocket,
    imagePullPolicy: node.imagePullPolicy,
    imagePullSerial: node.imagePullSerial,
    name: node.name,
    taints: null,
  };
}

function timeouts(given: Timeouts): Record<string, unknown> {
  return {
    controlPlaneComponentHealthCheck: formatDuration(given.controlPlaneComponentHealthCheckMs),
    discovery: formatDuration(given.discoveryMs),
    etcdAPICall: formatDuration(given.etcdApiCallMs),
    kubeletHealthCheck: formatDuration(given.kubeletHealthCheckMs),
    kubernetesAPICall: formatDuration(given.kubernetesApiCallMs),
    tlsBootstrap: formatDuration(given.tlsBootstrapMs),
    upgradeManifests: formatDuration(given.upgradeManifestsMs),
  };
}
