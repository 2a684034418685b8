import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import {
  type HttpTransportOptions,
  inClusterOptions,
  loadKubeconfig,
  resolveContext,
  transportOptions,
} from '@typernetes/client';
import { type ControllerManagerOptions, type ControllerSettings, defaultSettings } from '@typernetes/controllers';
import type { ParsedFlags } from '@typernetes/process';
import type { flags } from './flags.ts';

export type Flags = ParsedFlags<typeof flags>;

export function serverOptions(
  { kubeconfig, master }: Flags,
  env: Readonly<Record<string, string | undefined>>,
): HttpTransportOptions {
  if (kubeconfig === '' && master === '') return inClusterOptions(env);
  if (kubeconfig === '') return { server: master };
  return transportOptions(resolveContext(loadKubeconfig(kubeconfig), master ? { server: master } : {}));
}

/** Reads the files that the flags name. */
export function settingsOf(flags: Flags): ControllerSettings {
  const [certificate, privateKey] = [flags['cluster-signing-cert-file'], flags['cluster-signing-key-file']].map(read);
  const rootCa = read(flags['root-ca-file']);
  const serviceAccountPrivateKey = read(flags['service-account-private-key-file']);
  return {
    ...defaultSettings,
    ...(flags['cluster-cidr'] ? { clusterCidr: flags['cluster-cidr'] } : {}),
    ...(flags['service-cluster-ip-range'] ? { serviceClusterIpRange: flags['service-cluster-ip-range'] } : {}),
    allocateNodeCidrs: flags['allocate-node-cidrs'],
    nodeCidrMaskSizes: {
      any: flags['node-cidr-mask-size'],
      IPv4: flags['node-cidr-mask-size-ipv4'],
      IPv6: flags['node-cidr-mask-size-ipv6'],
    },
    nodeMonitorGracePeriodMs: flags['node-monitor-grace-period'],
    nodeStartupGracePeriodMs: flags['node-startup-grace-period'],
    nodeMonitorPeriodMs: flags['node-monitor-period'],
    eviction: {
      rate: flags['node-eviction-rate'],
      secondaryRate: flags['secondary-node-eviction-rate'],
      unhealthyZoneThreshold: flags['unhealthy-zone-threshold'],
      largeClusterThreshold: flags['large-cluster-size-threshold'],
    },
    terminatedPodThreshold: flags['terminated-pod-gc-threshold'],
    clusterSigningDurationMs: flags['cluster-signing-duration'],
    concurrentSyncs: flags['concurrent-deployment-syncs'],
    resourceQuotaSyncPeriodMs: flags['resource-quota-sync-period'],
    forceDetachOnTimeout: !flags['disable-force-detach-on-timeout'],
    legacyTokenCleanUpPeriodMs: flags['legacy-service-account-token-clean-up-period'],
    autoscaling: {
      syncPeriodMs: flags['horizontal-pod-autoscaler-sync-period'],
      downscaleStabilizationMs: flags['horizontal-pod-autoscaler-downscale-stabilization'],
      tolerance: flags['horizontal-pod-autoscaler-tolerance'],
      cpuInitializationPeriodMs: flags['horizontal-pod-autoscaler-cpu-initialization-period'],
      initialReadinessDelayMs: flags['horizontal-pod-autoscaler-initial-readiness-delay'],
    },
    ...(rootCa ? { rootCa } : {}),
    ...(certificate && privateKey ? { clusterSigner: { certificate, privateKey } } : {}),
    ...(serviceAccountPrivateKey ? { serviceAccountPrivateKey } : {}),
  };
}

export function electionOf(flags: Flags): NonNullable<ControllerManagerOptions['leaderElection']> {
  return {
    identity: `${hostname()}_${randomUUID()}`,
    lease: { namespace: flags['leader-elect-resource-namespace'], name: flags['leader-elect-resource-name'] },
    leaseDurationMs: flags['leader-elect-lease-duration'],
    renewDeadlineMs: flags['leader-elect-renew-deadline'],
    retryPeriodMs: flags['leader-elect-retry-period'],
  };
}

export function read(file: string): string | undefined {
  return file === '' ? undefined : readFileSync(file, 'utf8');
}
