import type { Pod } from '@typernetes/api/core/v1';
import type { Metrics } from '@typernetes/process';
import { isStatic } from '../pod/identity.ts';

/** Events that are rare, or concern the node as a whole. */
export interface RareObserver {
  /** An image was removed, because of its age or to free space. */
  imageRemoved(why: 'age' | 'space'): void;
  /** The runtime has a pod that no source knows. */
  orphanFound(): void;
  /** The node is shutting down and its pods are ended; `seconds` since the epoch. */
  shutdown(what: 'begins' | 'ended', seconds: number): void;
  /** A hook that sleeps was cut short. */
  sleepCutShort(): void;
  /** An attempt to start a pod with a user namespace of its own, or its failure. */
  userNamespacePod(what: 'started' | 'failed'): void;
}

interface WorkingPods {
  /** Pods that have a worker, with their statuses. */
  readonly pods: () => readonly Pod[];
  /** How many pods the runtime had when the kubelet started that no source claimed. */
  readonly orphans: () => number;
}

/** `kubelet_working_pods`, resizes in progress, and the events of {@link RareObserver}. */
export function rareMetrics(metrics: Metrics, { pods, orphans }: WorkingPods): RareObserver {
  const counter = (name: string, help: string, labels: readonly string[] = []) =>
    metrics.counter(`kubelet_${name}`, { help, labels });
  const gauge = (name: string, help: string, labels: readonly string[] = []) =>
    metrics.gauge(`kubelet_${name}`, { help, labels });
  const images = counter(
    'image_garbage_collected_total',
    'Total number of images garbage collected by the kubelet, whether through disk usage or image age.',
    ['reason'],
  );
  const orphaned = counter(
    'orphaned_runtime_pods_total',
    'Number of pods that have been detected in the container runtime without being already known to the pod worker. This typically indicates the kubelet was restarted while a pod was force deleted in the API or in the local configuration, which is unusual.',
  );
  const begins = gauge(
    'graceful_shutdown_start_time_seconds',
    'Last graceful shutdown start time since unix epoch in seconds',
  );
  const ended = gauge(
    'graceful_shutdown_end_time_seconds',
    'Last graceful shutdown end time since unix epoch in seconds',
  );
  const sleeps = counter(
    'sleep_action_terminated_early_total',
    'The number of times lifecycle sleep handler got terminated before it finishes',
  );
  const userPods = {
    started: counter(
      'started_user_namespaced_pods_total',
      'Cumulative number of pods with user namespaces started. This metric will only be collected on Linux.',
    ),
    failed: counter(
      'started_user_namespaced_pods_errors_total',
      'Cumulative number of errors when starting pods with user namespaces. This metric will only be collected on Linux.',
    ),
  };
  const working = gauge(
    'working_pods',
    'Number of pods the kubelet is actually running, broken down by lifecycle phase, whether the pod is desired, orphaned, or runtime only (also orphaned), and whether the pod is static. An orphaned pod has been removed from local configuration or force deleted in the API and consumes resources that are not otherwise visible.',
    ['lifecycle', 'config', 'static'],
  );
  const pending = gauge('pod_pending_resizes', 'Number of pending resizes for pods.', ['reason']);
  const inProgress = gauge('pod_in_progress_resizes', 'Number of in-progress resizes for pods.');
  metrics.beforeRender(() => {
    const all = pods();
    const having = (type: string, reason?: string): number =>
      all.filter(({ status }) =>
        status?.conditions?.some(
          (one) => one.type === type && one.status === 'True' && (reason === undefined || one.reason === reason),
        ),
      ).length;
    for (const reason of ['Deferred', 'Infeasible'])
      pending.set(having('PodResizePending', reason), [reason.toLowerCase()]);
    inProgress.set(having('PodResizeInProgress'));
    for (const isOfFile of [true, false])
      for (const lifecycle of ['sync', 'terminating', 'terminated'] as const) {
        const some = all.filter((pod) => isStatic(pod) === isOfFile && lifecycleOf(pod) === lifecycle);
        working.set(some.length, [lifecycle, 'desired', isOfFile ? 'true' : '']);
      }
    working.set(orphans(), ['terminating', 'runtime_only', 'unknown']);
  });
  return {
    imageRemoved: (why) => images.add([why]),
    orphanFound: () => orphaned.add(),
    shutdown: (what, seconds) => {
      if (what === 'begins') begins.set(seconds);
      ended.set(what === 'ended' ? seconds : 0);
    },
    sleepCutShort: () => sleeps.add(),
    userNamespacePod: (what) => userPods[what].add(),
  };
}

function lifecycleOf({ metadata, status }: Pod): 'sync' | 'terminating' | 'terminated' {
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return 'terminated';
  return metadata.deletionTimestamp === undefined ? 'sync' : 'terminating';
}
