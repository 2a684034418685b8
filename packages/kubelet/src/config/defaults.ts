import type { KubeletConfiguration } from '@typernetes/api/kubelet.config/v1beta1';

/** What a field is when the configuration does not say (upstream: SetDefaults_KubeletConfiguration). */
export const defaultConfiguration = {
  staticPodPath: '',
  podLogsDir: '/var/log/pods',
  syncFrequency: '1m',
  fileCheckFrequency: '20s',
  address: '0.0.0.0',
  port: 10250,
  rotateCertificates: false,
  serverTLSBootstrap: false,
  healthzPort: 10248,
  healthzBindAddress: '127.0.0.1',
  clusterDomain: '',
  clusterDNS: [] as readonly string[],
  nodeStatusUpdateFrequency: '10s',
  nodeStatusReportFrequency: '5m',
  nodeLeaseDurationSeconds: 40,
  nodeStatusMaxImages: 50,
  cgroupRoot: '/',
  cgroupDriver: 'cgroupfs',
  maxPods: 110,
  podPidsLimit: -1,
  resolvConf: '/etc/resolv.conf',
  cpuCFSQuota: true,
  registerNode: true,
  registerWithTaints: [] as NonNullable<KubeletConfiguration['registerWithTaints']>,
  seccompDefault: false,
  enableServer: true,
  systemReserved: {} as Readonly<Record<string, string>>,
  kubeReserved: {} as Readonly<Record<string, string>>,
  evictionHard: {
    'memory.available': '100Mi',
    'nodefs.available': '10%',
    'nodefs.inodesFree': '5%',
    'imagefs.available': '15%',
    'imagefs.inodesFree': '5%',
  } as Readonly<Record<string, string>>,
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
    readonly clientCaFile: string;
  };
  readonly authorization: 'AlwaysAllow' | 'Webhook';
}

export function completeConfiguration(given: Partial<KubeletConfiguration>): CompleteConfiguration {
  const { authentication, authorization, ...rest } = given;
  const named = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined && value !== null));
  return {
    ...defaultConfiguration,
    ...named,
    authentication: {
      anonymous: authentication?.anonymous?.enabled ?? false,
      webhook: authentication?.webhook?.enabled ?? true,
      clientCaFile: authentication?.x509?.clientCAFile ?? '',
    },
    authorization: authorization?.mode === 'AlwaysAllow' ? 'AlwaysAllow' : 'Webhook',
  };
}
