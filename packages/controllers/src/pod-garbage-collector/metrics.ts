import type { Metrics } from '@typernetes/process';

/** Why a pod is deleted, in upstream's words. */
export type DeletionReason = 'orphaned' | 'out-of-service' | 'terminated' | 'unscheduled';

export interface GarbageMetrics {
  deleted(namespace: string, reason: DeletionReason): void;
  failed(namespace: string, reason: DeletionReason): void;
}

export function garbageMetrics(metrics: Metrics): GarbageMetrics {
  const labels = ['namespace', 'reason'];
  const deleted = metrics.counter('pod_gc_collector_force_delete_pods_total', {
    help: 'Number of pods that are being forcefully deleted since the Pod GC Controller started.',
    labels,
  });
  const failed = metrics.counter('pod_gc_collector_force_delete_pod_errors_total', {
    help: 'Number of errors encountered when forcefully deleting the pods since the Pod GC Controller started.',
    labels,
  });
  return {
    deleted: (namespace, reason) => deleted.add([namespace, reason]),
    failed: (namespace, reason) => failed.add([namespace, reason]),
  };
}
