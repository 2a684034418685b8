import type { BootstrapToken } from '@typernetes/api/bootstraptoken/v1';
import type {
  ClusterConfiguration,
  NodeRegistrationOptions,
  Timeouts as TimeoutsV1beta4,
} from '@typernetes/api/kubeadm/v1beta4';
import { imageRepository, imageTag, version } from '@typernetes/base';
import { parseDuration } from '@typernetes/process';
import { defaultCertificatesFolder, defaultCriSocket } from '../paths.ts';
import type {
  Argument,
  BootstrapTokenSpec,
  ClusterConfig,
  ComponentConfig,
  KeyAlgorithm,
  NodeRegistration,
  StorageConfig,
  Timeouts,
} from './internal.ts';

export const dayMs = 24 * 3_600_000;
export const defaultTokenGroups = ['system:bootstrappers:kubeadm:default-node-token'];
export const defaultTokenUsages = ['signing', 'authentication'];
export const controlPlaneTaint = { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' } as const;

/** Upstream has no default here. The network add-on allocates addresses from the nodes' CIDRs, so a pod subnet is needed. */
export const defaultPodSubnet = '10.244.0.0/16';

/** Fills in the defaults of a ClusterConfiguration, without validating it. */
export function completeCluster(given: ClusterConfiguration): ClusterConfig {
  const repository = given.imageRepository ?? imageRepository;
  return {
    kubernetesVersion: version,
    clusterName: given.clusterName ?? 'kubernetes',
    controlPlaneEndpoint: given.controlPlaneEndpoint ?? '',
    certificatesDir: given.certificatesDir ?? defaultCertificatesFolder,
    imageRepository: repository,
    serviceSubnet: given.networking?.serviceSubnet ?? '10.96.0.0/12',
    podSubnet: given.networking?.podSubnet ?? defaultPodSubnet,
    dnsDomain: given.networking?.dnsDomain ?? 'cluster.local',
    featureGates: given.featureGates ?? {},
    encryptionAlgorithm: (given.encryptionAlgorithm ?? '') as KeyAlgorithm | '',
    certificateValidityMs: duration(given.certificateValidityPeriod, 365 * dayMs),
    caCertificateValidityMs: duration(given.caCertificateValidityPeriod, 3650 * dayMs),
    apiServer: { ...component(given.apiServer), certSANs: given.apiServer?.certSANs ?? [] },
    controllerManager: component(given.controllerManager),
    scheduler: component(given.scheduler),
    dns: {
      disabled: given.dns?.disabled ?? false,
      imageRepository: given.dns?.imageRepository ?? repository,
      imageTag: given.dns?.imageTag ?? '',
    },
    proxy: { disabled: given.proxy?.disabled ?? false },
    storage: storage(given, repository),
  };
}

function component(given: ClusterConfiguration['controllerManager']): ComponentConfig {
  return {
    extraArgs: (given?.extraArgs ?? []) as Argument[],
    extraVolumes: (given?.extraVolumes ?? []).map((volume) => ({
      name: volume.name,
      hostPath: volume.hostPath,
      mountPath: volume.mountPath,
      readOnly: volume.readOnly ?? false,
      pathType: volume.pathType ?? '',
    })),
    extraEnvs: (given?.extraEnvs ?? []) as ComponentConfig['extraEnvs'],
  };
}

/** A single control plane uses the embedded store. A configuration that asks for etcd, or has a shared endpoint, gets etcd. */
function storage({ etcd, controlPlaneEndpoint }: ClusterConfiguration, repository: string): StorageConfig {
  if (etcd?.external) {
    const { endpoints, httpEndpoints, caFile, certFile, keyFile } = etcd.external;
    return {
      kind: 'external-etcd',
      endpoints: endpoints ?? [],
      httpEndpoints: httpEndpoints ?? [],
      caFile: caFile ?? '',
      certFile: certFile ?? '',
      keyFile: keyFile ?? '',
      besideLocal: etcd.local !== undefined,
    };
  }
  if (!etcd?.local && !controlPlaneEndpoint) return { kind: 'embedded' };
  const local = etcd?.local;
  return {
    kind: 'stacked-etcd',
    why: local ? 'etcd.local' : 'controlPlaneEndpoint',
    dataDir: local?.dataDir || '/var/lib/etcd',
    imageRepository: local?.imageRepository || repository,
    imageTag: local?.imageTag || imageTag,
    extraArgs: (local?.extraArgs ?? []) as Argument[],
    extraEnvs: (local?.extraEnvs ?? []) as ComponentConfig['extraEnvs'],
    serverCertSANs: local?.serverCertSANs ?? [],
    peerCertSANs: local?.peerCertSANs ?? [],
  };
}

export function completeNode(
  given: Partial<NodeRegistrationOptions>,
  host: { hostName: string; taints: NodeRegistration['taints'] },
): NodeRegistration {
  return {
    name: (given.name || host.hostName).trim().toLowerCase(),
    criSocket: given.criSocket || defaultCriSocket,
    taints: given.taints ?? host.taints,
    kubeletExtraArgs: given.kubeletExtraArgs ?? [],
    ignorePreflightErrors: given.ignorePreflightErrors ?? [],
    imagePullPolicy: given.imagePullPolicy || 'IfNotPresent',
    imagePullSerial: given.imagePullSerial ?? true,
  };
}

export function completeToken(
  given: Partial<Omit<BootstrapToken, 'token'>> & { token?: unknown },
  freshToken: () => string,
): BootstrapTokenSpec {
  return {
    token: typeof given.token === 'string' && given.token !== '' ? given.token : freshToken(),
    description: given.description ?? '',
    ttlMs: given.expires === undefined ? duration(given.ttl, dayMs) : 0,
    ...(given.expires === undefined ? {} : { expires: given.expires }),
    ...(given.expires !== undefined && given.ttl ? { ttlBesideExpires: true } : {}),
    usages: given.usages ?? defaultTokenUsages,
    groups: given.groups ?? defaultTokenGroups,
  };
}

export function completeTimeouts(given: TimeoutsV1beta4 = {}): Timeouts {
  return {
    controlPlaneComponentHealthCheckMs: duration(given.controlPlaneComponentHealthCheck, 4 * 60_000),
    kubeletHealthCheckMs: duration(given.kubeletHealthCheck, 4 * 60_000),
    kubernetesApiCallMs: duration(given.kubernetesAPICall, 60_000),
    etcdApiCallMs: duration(given.etcdAPICall, 2 * 60_000),
    tlsBootstrapMs: duration(given.tlsBootstrap, 5 * 60_000),
    discoveryMs: duration(given.discovery, 5 * 60_000),
    upgradeManifestsMs: duration(given.upgradeManifests, 5 * 60_000),
  };
}

/** The milliseconds of a Go duration; NaN for anything else, which validation reports. */
function duration(text: string | undefined, fallback: number): number {
  return text === undefined || text === '' ? fallback : (parseDuration(text) ?? Number.NaN);
}
