import { exponentialBuckets, type Metrics } from '@typernetes/process';

/** Called for each pod that was evicted because of a taint, with the delay after its time in seconds. */
export type Evicted = (late: number) => void;

/** `taint_eviction_controller_*` and `device_taint_eviction_controller_*`. `what`: the kind of taint. */
export function evictionMetrics(
  metrics: Metrics,
  { prefix, controller, what }: { readonly prefix: string; readonly controller: string; readonly what: string },
): Evicted {
  const total = metrics.counter(`${prefix}_pod_deletions_total`, {
    help: `Total number of Pods deleted by ${controller} since its start.`,
  });
  const latency = metrics.histogram(`${prefix}_pod_deletion_duration_seconds`, {
    help: `Latency, in seconds, between the time when a ${what} and ${prefix.startsWith('device') ? "a Pod's" : 'its'} deletion via ${controller}.`,
    buckets: [0.005, 0.025, 0.1, 0.5, 1, 2.5, ...exponentialBuckets(10, 2, 5), 240],
  });
  return (late) => {
    total.add();
    latency.observe(late);
  };
}
