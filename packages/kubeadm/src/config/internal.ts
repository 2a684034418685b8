import type { EnvVar, Taint } from '@typernetes/api/core/v1';
import type { KubeletConfiguration } from '@typernetes/api/kubelet.config/v1beta1';

/** One argument of a component; names may repeat. */
export interface Argument {
  readonly name: string;
  readonly value: string;
}

export interface HostPathMount {
  readonly name: string;
  readonly hostPath: string;
  readonly mountPath: string;
  readonly readOnly: boolean;
  readonly pathType: string;
}

/** A user's additions to a control plane component. */
export interface ComponentConfig {
  readonly extraArgs: readonly Argument[];
  readonly extraVolumes: readonly HostPathMount[];
  readonly extraEnvs: readonly EnvVar[];
}

/** An etcd member on every control plane, run as a static pod beside the API server. */
export interface StackedEtcd {
  readonly kind: 'stacked-etcd';
  /** The reason for using etcd, for the output. */
  readonly why: 'etcd.local' | 'controlPlaneEndpoint';
  readonly dataDir: string;
  readonly imageRepository: string;
  readonly imageTag: string;
  readonly extraArgs: readonly Argument[];
  readonly extraEnvs: readonly EnvVar[];
  readonly serverCertSANs: readonly string[];
  readonly peerCertSANs: readonly string[];
}

/**
 * Where the API server keeps its objects (docs/decisions/0006-stacked-etcd.md). A lone control plane has the embedded store: no etcd.yaml
 * and no certificates of etcd.
 */
export type StorageConfig =
  | { readonly kind: 'embedded' }
  | StackedEtcd
  | {
      readonly kind: 'external-etcd';
      readonly endpoints: readonly string[];
      /** The endpoints of etcd's HTTP API, if they differ. */
      readonly httpEndpoints: readonly string[];
      readonly caFile: string;
      readonly certFile: string;
      readonly keyFile: string;
      /** Whether `etcd.local` was also given, which is invalid. */
      readonly besideLocal: boolean;
    };

export type KeyAlgorithm = 'ECDSA-P256' | 'ECDSA-P384' | 'RSA-2048' | 'RSA-3072' | 'RSA-4096';

/** What all machines of a cluster share: the ClusterConfiguration of any version, complete. */
export interface ClusterConfig {
  readonly kubernetesVersion: string;
  readonly clusterName: string;
  /** `host` or `host:port` of the shared endpoint of all control planes; "" if there is none. */
  readonly controlPlaneEndpoint: string;
  readonly certificatesDir: string;
  /** Also for cluster DNS and kube-proxy, unless they have their own. */
  readonly imageRepository: string;
  readonly serviceSubnet: string;
  readonly podSubnet: string;
  readonly dnsDomain: string;
  readonly featureGates: Readonly<Record<string, boolean>>;
  /** The configured value, or "": `key-algorithms.ts` derives the algorithm of each key. */
  readonly encryptionAlgorithm: KeyAlgorithm | '';
  readonly certificateValidityMs: number;
  readonly caCertificateValidityMs: number;
  readonly apiServer: ComponentConfig & { readonly certSANs: readonly string[] };
  readonly controllerManager: ComponentConfig;
  readonly scheduler: ComponentConfig;
  readonly dns: { readonly disabled: boolean; readonly imageRepository: string; readonly imageTag: string };
  readonly proxy: { readonly disabled: boolean };
  readonly storage: StorageConfig;
}

export interface NodeRegistration {
  readonly name: string;
  /** A URL, `unix:///var/run/containerd/containerd.sock`. */
  readonly criSocket: string;
  readonly taints: readonly Taint[];
  readonly kubeletExtraArgs: readonly Argument[];
  readonly ignorePreflightErrors: readonly string[];
  readonly imagePullPolicy: 'Always' | 'Never' | 'IfNotPresent';
  /** Pulls images one after the other instead of in parallel. */
  readonly imagePullSerial: boolean;
}

/** A token to create. `ttlMs` 0 never expires. */
export interface BootstrapTokenSpec {
  readonly token: string;
  readonly description: string;
  readonly ttlMs: number;
  /** RFC 3339; instead of `ttlMs`. */
  readonly expires?: string;
  /** Whether a TTL was also given, which is invalid. */
  readonly ttlBesideExpires?: boolean;
  readonly usages: readonly string[];
  readonly groups: readonly string[];
}

/** Timeouts in milliseconds. */
export interface Timeouts {
  readonly controlPlaneComponentHealthCheckMs: number;
  readonly kubeletHealthCheckMs: number;
  readonly kubernetesApiCallMs: number;
  readonly etcdApiCallMs: number;
  readonly tlsBootstrapMs: number;
  readonly discoveryMs: number;
  readonly upgradeManifestsMs: number;
}

export interface ApiEndpoint {
  readonly advertiseAddress: string;
  readonly bindPort: number;
}

/** The complete configuration of `init`. */
export interface InitConfig {
  readonly cluster: ClusterConfig;
  readonly node: NodeRegistration;
  readonly localEndpoint: ApiEndpoint;
  /** Hexadecimal AES key of the uploaded certificates; "" to generate one. */
  readonly certificateKey: string;
  readonly bootstrapTokens: readonly BootstrapTokenSpec[];
  readonly skipPhases: readonly string[];
  readonly dryRun: boolean;
  /** The folder of patches; "" without any. */
  readonly patches: string;
  readonly timeouts: Timeouts;
  /** What the user set in a KubeletConfiguration document; kubeadm's own settings come below it. */
  readonly kubelet: Partial<KubeletConfiguration>;
  /** What the user set in a KubeProxyConfiguration document. */
  readonly kubeProxy: Readonly<Record<string, unknown>>;
}

/** Discovery by a shared token and the API server that publishes the cluster's information. */
export interface TokenDiscovery {
  readonly token: string;
  /** `host:port` */
  readonly endpoint: string;
  /** `sha256:<hex>` of the CA's public key. */
  readonly caCertHashes: readonly string[];
  readonly unsafeSkipCaVerification: boolean;
}

/** A kubeconfig that names the cluster. */
export interface FileDiscovery {
  /** A path or URL. */
  readonly path: string;
}

/** How a joining machine establishes trust in the cluster. */
export type Discovery = ({ readonly kind: 'token' } & TokenDiscovery) | ({ readonly kind: 'file' } & FileDiscovery);

/** Discovery as configured; exactly one of the two is valid. */
export interface GivenDiscovery {
  readonly token?: TokenDiscovery;
  readonly file?: FileDiscovery;
}

export interface JoinControlPlane {
  readonly localEndpoint: ApiEndpoint;
  /** Hexadecimal AES key of the uploaded certificates; "" if the certificates were copied by other means. */
  readonly certificateKey: string;
}

/** The complete configuration of `join`. */
export interface JoinConfig {
  readonly node: NodeRegistration;
  readonly discovery: GivenDiscovery;
  readonly tlsBootstrapToken: string;
  readonly caCertPath: string;
  /** Present when the machine becomes a control plane. */
  readonly controlPlane: JoinControlPlane | undefined;
  readonly skipPhases: readonly string[];
  readonly dryRun: boolean;
  /** The folder of patches; "" without any. */
  readonly patches: string;
  readonly timeouts: Timeouts;
}

/** The complete configuration of `reset`. */
export interface ResetConfig {
  readonly certificatesDir: string;
  readonly criSocket: string;
  readonly dryRun: boolean;
  readonly force: boolean;
  readonly cleanupTmpDir: boolean;
  readonly ignorePreflightErrors: readonly string[];
  readonly skipPhases: readonly string[];
  /** Flags for unmounting: `MNT_FORCE` and others. */
  readonly unmountFlags: readonly string[];
  readonly timeouts: Timeouts;
}
