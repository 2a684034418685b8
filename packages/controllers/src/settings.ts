import type { Identity } from '@typernetes/pki';

/** What the flags of kube-controller-manager decide. Times in milliseconds. */
export interface ControllerSettings {
  readonly clusterCidr?: string;
  readonly serviceClusterIpRange?: string;
  readonly allocateNodeCidrs: boolean;
  readonly nodeCidrMaskSize: number;
  readonly nodeMonitorGracePeriodMs: number;
  readonly nodeStartupGracePeriodMs: number;
  readonly nodeMonitorPeriodMs: number;
  readonly terminatedPodThreshold: number;
  /** The CA bundle that is published to all namespaces. */
  readonly rootCa?: string;
  readonly clusterSigner?: Identity;
  readonly clusterSigningDurationMs: number;
  /** Signs the tokens in Secrets of type kubernetes.io/service-account-token. */
  readonly serviceAccountPrivateKey?: string;
  readonly concurrentSyncs: number;
}

export const defaultSettings: ControllerSettings = {
  allocateNodeCidrs: false,
  nodeCidrMaskSize: 24,
  nodeMonitorGracePeriodMs: 50_000,
  nodeStartupGracePeriodMs: 60_000,
  nodeMonitorPeriodMs: 5_000,
  terminatedPodThreshold: 12_500,
  clusterSigningDurationMs: 365 * 24 * 3_600_000,
  concurrentSyncs: 5,
};
