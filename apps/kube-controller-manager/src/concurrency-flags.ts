import { defaultSettings, type SyncedKind } from '@typernetes/controllers';
import type { FlagSpec, ParsedFlags } from '@typernetes/process';

const number = (kind: SyncedKind, what: string) =>
  ({
    type: 'number',
    default: defaultSettings.concurrentSyncs[kind],
    help: `The number of ${what} that are allowed to sync concurrently.`,
  }) as const satisfies FlagSpec<'number'>;

/** How many objects of a kind are synced concurrently. */
export const concurrencyFlags = {
  'concurrent-cron-job-syncs': number('cronJob', 'cron job objects'),
  'concurrent-daemonset-syncs': number('daemonSet', 'daemonset objects'),
  'concurrent-deployment-syncs': number('deployment', 'deployment objects'),
  'concurrent-device-taint-eviction-syncs': number('deviceTaintEviction', 'pods on tainted devices'),
  'concurrent-endpoint-syncs': number('endpoints', 'endpoints'),
  'concurrent-ephemeralvolume-syncs': number('ephemeralVolume', 'pods with ephemeral volumes'),
  'concurrent-gc-syncs': number('garbage', 'garbage collector workers'),
  'concurrent-horizontal-pod-autoscaler-syncs': number('horizontalPodAutoscaler', 'horizontal pod autoscalers'),
  'concurrent-job-syncs': number('job', 'job objects'),
  'concurrent-namespace-syncs': number('namespace', 'namespace objects'),
  'concurrent-rc-syncs': number('replicationController', 'replication controllers'),
  'concurrent-replicaset-syncs': number('replicaSet', 'replica sets'),
  'concurrent-resource-claim-syncs': number('resourceClaim', 'resource claims and pods with claims'),
  'concurrent-resource-quota-syncs': number('resourceQuota', 'resource quotas'),
  'concurrent-service-endpoint-syncs': number('endpointSlice', 'services with endpoint slices'),
  'concurrent-serviceaccount-token-syncs': number('serviceAccountToken', 'service account token objects'),
  'concurrent-statefulset-syncs': number('statefulSet', 'statefulset objects'),
  'concurrent-ttl-after-finished-syncs': number('ttlAfterFinished', 'finished objects'),
  'mirroring-concurrent-service-endpoint-syncs': number('endpointSliceMirroring', 'services with mirrored endpoints'),
} as const;

type ConcurrencyFlags = ParsedFlags<typeof concurrencyFlags>;

/** The values by kind, as the controllers' settings have them. */
export function concurrencyOf(flags: ConcurrencyFlags): Readonly<Record<SyncedKind, number>> {
  return {
    cronJob: flags['concurrent-cron-job-syncs'],
    daemonSet: flags['concurrent-daemonset-syncs'],
    deployment: flags['concurrent-deployment-syncs'],
    deviceTaintEviction: flags['concurrent-device-taint-eviction-syncs'],
    endpoints: flags['concurrent-endpoint-syncs'],
    endpointSlice: flags['concurrent-service-endpoint-syncs'],
    endpointSliceMirroring: flags['mirroring-concurrent-service-endpoint-syncs'],
    ephemeralVolume: flags['concurrent-ephemeralvolume-syncs'],
    garbage: flags['concurrent-gc-syncs'],
    horizontalPodAutoscaler: flags['concurrent-horizontal-pod-autoscaler-syncs'],
    job: flags['concurrent-job-syncs'],
    namespace: flags['concurrent-namespace-syncs'],
    replicaSet: flags['concurrent-replicaset-syncs'],
    replicationController: flags['concurrent-rc-syncs'],
    resourceClaim: flags['concurrent-resource-claim-syncs'],
    resourceQuota: flags['concurrent-resource-quota-syncs'],
    serviceAccountToken: flags['concurrent-serviceaccount-token-syncs'],
    statefulSet: flags['concurrent-statefulset-syncs'],
    ttlAfterFinished: flags['concurrent-ttl-after-finished-syncs'],
  };
}
