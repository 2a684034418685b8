import type { Identity } from '@typernetes/pki';

/** Kinds that are processed concurrently, as many as a flag says (`--concurrent-*-syncs`). */
export type SyncedKind =
  | 'cronJob'
  | 'daemonSet'
  | 'deployment'
  | 'deviceTaintEviction'
  | 'endpoints'
  | 'endpointSlice'
  | 'endpointSliceMirroring'
  | 'ephemeralVolume'
  | 'garbage'
  | 'horizontalPodAutoscaler'
  | 'job'
  | 'namespace'
  | 'replicaSet'
  | 'replicationController'
  | 'resourceClaim'
  | 'resourceQuota'
  | 'serviceAccountToken'
  | 'statefulSet'
  | 'ttlAfterFinished';

/** The settings made by kube-controller-manager's flags. Times in milliseconds. */
export interface ControllerSettings {
  readonly clusterCidr?: string;
  readonly serviceClusterIpRange?: string;
  readonly allocateNodeCidrs: boolean;
  /** The mask sizes of nodes' ranges; 0 if no flag sets one. */
  readonly nodeCidrMaskSizes: MaskSizes;
  readonly nodeMonitorGracePeriodMs: number;
  readonly nodeStartupGracePeriodMs: number;
  readonly nodeMonitorPeriodMs: number;
  readonly eviction: EvictionSettings;
  readonly terminatedPodThreshold: number;
  /** The CA bundle that is published to all namespaces. */
  readonly rootCa?: string;
  readonly clusterSigner?: Identity;
  /** CAs of single signers, by the signer's name; they take precedence over the `clusterSigner`. */
  readonly signers?: Readonly<Record<string, Identity>>;
  readonly clusterSigningDurationMs: number;
  /** Signs the tokens in Secrets of type kubernetes.io/service-account-token. */
  readonly serviceAccountPrivateKey?: string;
  readonly concurrentSyncs: Readonly<Record<SyncedKind, number>>;
  /** The most endpoints of a slice. */
  readonly maxEndpointsPerSlice: number;
  readonly maxMirroredPerSlice: number;
  readonly resourceQuotaSyncPeriodMs: number;
  /** Whether volumes are detached from nodes that are not ready and do not unmount them. */
  readonly forceDetachOnTimeout: boolean;
  /** Whether claims are handed to the provisioners of their classes. */
  readonly dynamicProvisioning: boolean;
  /** How long a legacy token must be unused before it is marked invalid, and then before it is deleted. */
  readonly legacyTokenCleanUpPeriodMs: number;
  readonly autoscaling: AutoscalingSettings;
  /** Whether StorageVersionMigrations are carried out: the gate StorageVersionMigrator. */
  readonly storageVersionMigrator: boolean;
  /** Whether autoscalers bring back what they have scaled to zero: the gate HPAScaleToZero. */
  readonly autoscalingToZero: boolean;
}

/** The flags `--horizontal-pod-autoscaler-*`. */
export interface AutoscalingSettings {
  readonly syncPeriodMs: number;
  readonly downscaleStabilizationMs: number;
  /** How far usage may be from the target without a change: 0.1 is a tenth. */
  readonly tolerance: number;
  readonly cpuInitializationPeriodMs: number;
  readonly initialReadinessDelayMs: number;
}

export const defaultSettings: ControllerSettings = {
  allocateNodeCidrs: false,
  nodeCidrMaskSizes: { any: 0, IPv4: 0, IPv6: 0 },
  nodeMonitorGracePeriodMs: 50_000,
  nodeStartupGracePeriodMs: 60_000,
  nodeMonitorPeriodMs: 5_000,
  eviction: { rate: 0.1, secondaryRate: 0.01, unhealthyZoneThreshold: 0.55, largeClusterThreshold: 50 },
  terminatedPodThreshold: 12_500,
  clusterSigningDurationMs: 365 * 24 * 3_600_000,
  concurrentSyncs: {
    cronJob: 5,
    daemonSet: 2,
    deployment: 5,
    deviceTaintEviction: 8,
    endpoints: 5,
    endpointSlice: 5,
    endpointSliceMirroring: 5,
    ephemeralVolume: 5,
    garbage: 20,
    horizontalPodAutoscaler: 5,
    job: 5,
    namespace: 10,
    replicaSet: 5,
    replicationController: 5,
    resourceClaim: 50,
    resourceQuota: 5,
    serviceAccountToken: 5,
    statefulSet: 5,
    ttlAfterFinished: 5,
  },
  maxEndpointsPerSlice: 100,
  maxMirroredPerSlice: 1000,
  resourceQuotaSyncPeriodMs: 300_000,
  forceDetachOnTimeout: true,
  dynamicProvisioning: true,
  legacyTokenCleanUpPeriodMs: 365 * 24 * 3_600_000,
  autoscaling: {
    syncPeriodMs: 15_000,
    downscaleStabilizationMs: 300_000,
    tolerance: 0.1,
    cpuInitializationPeriodMs: 300_000,
    initialReadinessDelayMs: 30_000,
  },
  storageVersionMigrator: false,
  autoscalingToZero: false,
};

/** The sizes of nodes' ranges; 0: the default. */
export interface MaskSizes {
  /** `--node-cidr-mask-size`; default: 0. */
  readonly any: number;
  readonly IPv4: number;
  readonly IPv6: number;
}

/** The flags of kube-controller-manager for the eviction rates: nodes per second and zone. */
export interface EvictionSettings {
  readonly rate: number;
  /** For a disrupted zone in a large cluster; small ones stop altogether. */
  readonly secondaryRate: number;
  /** The share of nodes that must be not ready (at least three) for a zone to be in trouble. */
  readonly unhealthyZoneThreshold: number;
  /** A cluster of more nodes is large. */
  readonly largeClusterThreshold: number;
}
