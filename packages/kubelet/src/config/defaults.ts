import type { KubeletConfiguration } from '@typernetes/api/kubelet.config/v1beta1';
import { parseDuration } from '@typernetes/process';

/** The hard eviction thresholds: what must always stay free (upstream: DefaultEvictionHard). */
const defaultEvictionHard: Readonly<Record<string, string>> = {
  'memory.available': '100Mi',
  'nodefs.available': '10%',
  'nodefs.inodesFree': '5%',
  'imagefs.available': '15%',
  'imagefs.inodesFree': '5%',
};

/** The default of each field of the configuration (upstream: SetDefaults_KubeletConfiguration). */
export const defaultConfiguration = {
  staticPodPath: '',
  podLogsDir: '/var/log/pods',
  syncFrequency: '1m',
  fileCheckFrequency: '20s',
  httpCheckFrequency: '20s',
  address: '0.0.0.0',
  port: 10250,
  rotateCertificates: false,
  serverTLSBootstrap: false,
  registryPullQPS: 5,
  registryBurst: 10,
  eventRecordQPS: 50,
  eventBurst: 100,
  enableDebuggingHandlers: true,
  healthzPort: 10248,
  healthzBindAddress: '127.0.0.1',
  oomScoreAdj: -999,
  clusterDomain: '',
  clusterDNS: [] as readonly string[],
  streamingConnectionIdleTimeout: '4h',
  nodeStatusUpdateFrequency: '10s',
  nodeStatusReportFrequency: '5m',
  nodeLeaseDurationSeconds: 40,
  nodeStatusMaxImages: 50,
  imageMinimumGCAge: '2m',
  imageMaximumGCAge: '0s',
  imageGCHighThresholdPercent: 85,
  imageGCLowThresholdPercent: 80,
  volumeStatsAggPeriod: '1m',
  cgroupsPerQOS: true,
  cgroupRoot: '/',
  cgroupDriver: 'cgroupfs',
  cpuManagerPolicy: 'none',
  cpuManagerReconcilePeriod: '10s',
  memoryManagerPolicy: 'None',
  topologyManagerPolicy: 'none',
  topologyManagerScope: 'container',
  runtimeRequestTimeout: '2m',
  hairpinMode: 'promiscuous-bridge',
  maxPods: 110,
  podPidsLimit: -1,
  resolvConf: '/etc/resolv.conf',
  cpuCFSQuota: true,
  cpuCFSQuotaPeriod: '100ms',
  maxOpenFiles: 1_000_000,
  contentType: 'application/vnd.kubernetes.protobuf',
  serializeImagePulls: true,
  registerNode: true,
  registerWithTaints: [] as NonNullable<KubeletConfiguration['registerWithTaints']>,
  seccompDefault: false,
  enableServer: true,
  systemReserved: {} as Readonly<Record<string, string>>,
  kubeReserved: {} as Readonly<Record<string, string>>,
  systemReservedCgroup: '',
  kubeReservedCgroup: '',
  enforceNodeAllocatable: ['pods'] as readonly string[],
  evictionHard: defaultEvictionHard,
  evictionSoft: {} as Readonly<Record<string, string>>,
  evictionSoftGracePeriod: {} as Readonly<Record<string, string>>,
  evictionMinimumReclaim: {} as Readonly<Record<string, string>>,
  evictionMaxPodGracePeriod: 0,
  evictionPressureTransitionPeriod: '5m',
  mergeDefaultEvictionSettings: false,
  podsPerCore: 0,
  enableControllerAttachDetach: true,
  makeIPTablesUtilChains: true,
  iptablesMasqueradeBit: 14,
  iptablesDropBit: 15,
  failSwapOn: true,
  memorySwap: {} as NonNullable<KubeletConfiguration['memorySwap']>,
  imagePullCredentialsVerificationPolicy: 'NeverVerifyPreloadedImages',
  logging: { format: 'text', verbosity: 0 } as NonNullable<KubeletConfiguration['logging']>,
  containerLogMaxSize: '10Mi',
  containerLogMaxFiles: 5,
  containerLogMaxWorkers: 1,
  containerLogMonitorInterval: '10s',
  configMapAndSecretChangeDetectionStrategy: 'Watch',
  volumePluginDir: '/usr/libexec/kubernetes/kubelet-plugins/volume/exec/',
  enableSystemLogHandler: true,
  enableSystemLogQuery: false,
  enableProfilingHandler: true,
  enableDebugFlagsHandler: true,
  shutdownGracePeriod: '0s',
  shutdownGracePeriodCriticalPods: '0s',
  memoryThrottlingFactor: 0.9,
  memoryReservationPolicy: 'None',
  localStorageCapacityIsolation: true,
  containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
  providerID: '',
  tlsCertFile: '',
  tlsPrivateKeyFile: '',
} as const;

type Defaulted = { readonly [K in keyof typeof defaultConfiguration]: Widened<(typeof defaultConfiguration)[K]> };
type Widened<T> = T extends string ? string : T extends number ? number : T extends boolean ? boolean : T;

/** A configuration in which everything has a value that the kubelet acts on. */
export interface CompleteConfiguration
  extends Omit<KubeletConfiguration, keyof Defaulted | 'authentication' | 'authorization'>,
    Defaulted {
  readonly authentication: {
    readonly anonymous: boolean;
    readonly webhook: boolean;
    readonly cacheTtl: string;
    readonly clientCaFile: string;
  };
  readonly authorization: { readonly mode: string; readonly allowedTtl: string; readonly deniedTtl: string };
}

/** Fills what the file leaves out; judges nothing. */
export function completeConfiguration(given: Partial<KubeletConfiguration>): CompleteConfiguration {
  const { authentication, authorization, ...rest } = given;
  const named = Object.fromEntries(Object.entries(rest).filter(([name, value]) => says(name, value)));
  return {
    ...defaultConfiguration,
    // Whoever asks for often reports of changes wants signs of life as often (upstream: SetDefaults_KubeletConfiguration).
    ...(says('nodeStatusUpdateFrequency', given.nodeStatusUpdateFrequency)
      ? { nodeStatusReportFrequency: given.nodeStatusUpdateFrequency as string }
      : {}),
    ...((given.maxParallelImagePulls ?? 0) > 1 ? { serializeImagePulls: false } : {}),
    ...named,
    evictionHard: evictionHardOf(given),
    authentication: {
      anonymous: authentication?.anonymous?.enabled ?? false,
      webhook: authentication?.webhook?.enabled ?? true,
      cacheTtl: durationOr(authentication?.webhook?.cacheTTL, '2m'),
      clientCaFile: authentication?.x509?.clientCAFile ?? '',
    },
    authorization: {
      mode: authorization?.mode || 'Webhook',
      allowedTtl: durationOr(authorization?.webhook?.cacheAuthorizedTTL, '5m'),
      deniedTtl: durationOr(authorization?.webhook?.cacheUnauthorizedTTL, '30s'),
    },
  };
}

/** Fields of which nothing is something: 0, '' or an empty list of any other is as if it were not there. */
const mayBeNothing: ReadonlySet<string> = new Set([
  'containerLogMaxFiles',
  'containerLogMaxWorkers',
  'containerLogMonitorInterval',
  'cpuCFSQuotaPeriod',
  'eventRecordQPS',
  'healthzPort',
  'imageGCHighThresholdPercent',
  'imageGCLowThresholdPercent',
  'iptablesDropBit',
  'iptablesMasqueradeBit',
  'kubeAPIQPS',
  'maxParallelImagePulls',
  'memoryThrottlingFactor',
  'nodeStatusMaxImages',
  'oomScoreAdj',
  'podPidsLimit',
  'registryPullQPS',
  // 0 is a processor, and no duration.
  'reservedSystemCPUs',
  'resolvConf',
]);

const isNothing = (value: unknown): boolean =>
  value === 0 || value === '' || (typeof value === 'string' && parseDuration(value) === 0);

function says(name: string, value: unknown): boolean {
  return value !== undefined && value !== null && (mayBeNothing.has(name) || !isNothing(value));
}

const durationOr = (given: string | undefined, otherwise: string): string =>
  given === undefined || isNothing(given) ? otherwise : given;

/** A file that sets some thresholds drops the other defaults, unless it asks for a merge. */
function evictionHardOf({ evictionHard, mergeDefaultEvictionSettings }: Partial<KubeletConfiguration>) {
  if (!evictionHard) return defaultEvictionHard;
  return mergeDefaultEvictionSettings ? { ...defaultEvictionHard, ...evictionHard } : evictionHard;
}
