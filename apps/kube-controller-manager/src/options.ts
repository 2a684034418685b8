import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import {
  type ControllerManagerOptions,
  type ControllerSettings,
  controllerNameProblems,
  defaultSettings,
} from '@typernetes/controllers';
import { type ParsedFlags, portProblems } from '@typernetes/process';
import { concurrencyOf } from './concurrency-flags.ts';
import type { flags } from './flags.ts';
import { signerFiles, signerProblems } from './signer-flags.ts';

export type Flags = ParsedFlags<typeof flags>;

/** All problems of the flags, with upstream's messages where it has them. */
export function flagProblems(flags: Flags): string[] {
  const signsAll = flags['cluster-signing-cert-file'] !== '' || flags['cluster-signing-key-file'] !== '';
  const most = (name: 'max-endpoints-per-slice' | 'mirroring-max-endpoints-per-subset'): string[] =>
    flags[name] >= 1 && flags[name] <= 1000 ? [] : [`${name} must be between 1 and 1000, got ${flags[name]}`];
  return [
    ...portProblems(flags),
    ...controllerNameProblems(flags.controllers),
    ...signerProblems(flags, signsAll),
    ...most('max-endpoints-per-slice'),
    ...most('mirroring-max-endpoints-per-subset'),
  ];
}

/** The controllers to run: `--enable-garbage-collector=false` removes that one. */
export const controllersOf = (flags: Flags): readonly string[] => [
  ...flags.controllers,
  ...(flags['enable-garbage-collector'] ? [] : ['-garbage-collector-controller']),
];

const signersOf = (flags: Flags): NonNullable<ControllerSettings['signers']> =>
  Object.fromEntries(
    signerFiles(flags).map(({ signer, certificate, key }) => [
      signer,
      { certificate: readFileSync(certificate, 'utf8'), privateKey: readFileSync(key, 'utf8') },
    ]),
  );

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
    concurrentSyncs: concurrencyOf(flags),
    maxEndpointsPerSlice: flags['max-endpoints-per-slice'],
    maxMirroredPerSlice: flags['mirroring-max-endpoints-per-subset'],
    resourceQuotaSyncPeriodMs: flags['resource-quota-sync-period'],
    dynamicProvisioning: flags['enable-dynamic-provisioning'],
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
    signers: signersOf(flags),
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
