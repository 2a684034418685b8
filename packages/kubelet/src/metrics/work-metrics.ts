import type { Pod } from '@typernetes/api/core/v1';
import { exponentialBuckets, type Metrics } from '@typernetes/process';
import { isStatic } from '../pod/identity.ts';

/** The purpose of one round of a pod, in upstream's words. */
export type RoundKind = 'create' | 'update' | 'sync';

/** What workers report about their work, beyond what they start. */
export interface WorkObserver {
  /** A pod was seen for the first time: its number of containers, and how many seconds later its worker started. */
  podSeen(containers: number): void;
  workerStarted(seconds: number): void;
  round(kind: RoundKind, seconds: number): void;
  /** A pod runs, so many seconds after it was created. */
  podRuns(seconds: number): void;
  podRejected(reason: string): void;
  podEvicted(signal: string): void;
  sandboxFailed(): void;
  containerFailed(kind: 'container' | 'init_container' | 'ephemeral_container', code: string): void;
  imagePulled(seconds: number, bytes: number): void;
  imageVolume(what: 'requested' | 'mounted' | 'failed'): void;
  cgroup(operation: 'create' | 'update' | 'destroy', seconds: number): void;
  statusWritten(seconds: number): void;
  /** A volume was set up, or not. */
  volume(plugin: string, failed: boolean, seconds: number): void;
}

const defaults = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const statusBuckets = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 20, 30, 45, 60];
const totalBuckets = [
  0.5, 1, 2, 3, 4, 5, 6, 8, 10, 20, 30, 45, 60, 120, 180, 240, 300, 360, 480, 600, 900, 1200, 1800, 2700, 3600,
];
const pullBuckets = [1, 5, 10, 20, 30, 60, 180, 300, 600, 900, 1200, 1800, 2700, 3600];
const storageBuckets = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 25, 50, 120, 300, 600];

const mb = 1024 * 1024;
const sizes: readonly (readonly [below: number, name: string])[] = [
  [10 * mb, '0-10MB'],
  [100 * mb, '10MB-100MB'],
  [500 * mb, '100MB-500MB'],
  [1024 * mb, '500MB-1GB'],
  [5 * 1024 * mb, '1GB-5GB'],
  [10 * 1024 * mb, '5GB-10GB'],
  [20 * 1024 * mb, '10GB-20GB'],
  [30 * 1024 * mb, '20GB-30GB'],
  [40 * 1024 * mb, '30GB-40GB'],
  [60 * 1024 * mb, '40GB-60GB'],
  [100 * 1024 * mb, '60GB-100GB'],
];

/** Upstream's label for an image's size. */
export const sizeName = (bytes: number): string => sizes.find(([below]) => bytes < below)?.[1] ?? 'GT100GB';

/** `pods` are those that have a worker; `cgroupVersion`: 1 or 2. */
export function workMetrics(
  metrics: Metrics,
  { pods, cgroupVersion }: { readonly pods: () => readonly Pod[]; readonly cgroupVersion: number },
): WorkObserver {
  const families = kubeletFamilies(metrics);
  podGauges(metrics, pods);
  hostGauges(metrics, cgroupVersion);
  return {
    ...podTimes(families),
    ...failureCounts(families),
    ...imageMetrics(families),
    ...resourceTimes(metrics),
  };
}

/** Makes families whose names begin with `kubelet_`. */
function kubeletFamilies(metrics: Metrics) {
  const name = (rest: string): string => `kubelet_${rest}`;
  return {
    counter: (rest: string, help: string, labels: readonly string[] = []) =>
      metrics.counter(name(rest), { help, labels }),
    gauge: (rest: string, help: string, labels: readonly string[] = []) => metrics.gauge(name(rest), { help, labels }),
    histogram: (rest: string, help: string, buckets: readonly number[], labels: readonly string[] = []) =>
      metrics.histogram(name(rest), { help, labels, buckets }),
    beta: (rest: string, help: string) => metrics.counter(name(rest), { help, stability: 'BETA' }),
  };
}

type Families = ReturnType<typeof kubeletFamilies>;

function podTimes({
  histogram,
}: Families): Pick<WorkObserver, 'podSeen' | 'workerStarted' | 'round' | 'podRuns' | 'statusWritten'> {
  const containers = histogram(
    'containers_per_pod_count',
    'The number of containers per pod.',
    exponentialBuckets(1, 2, 5),
  );
  const workerStart = histogram(
    'pod_worker_start_duration_seconds',
    'Duration in seconds from kubelet seeing a pod to starting a worker.',
    defaults,
  );
  const rounds = histogram(
    'pod_worker_duration_seconds',
    'Duration in seconds to sync a single pod. Broken down by operation type: create, update, or sync',
    defaults,
    ['operation_type'],
  );
  const total = histogram(
    'pod_start_total_duration_seconds',
    'Duration in seconds to start a pod since creation, including time to pull images and run init containers, measured from pod creation timestamp to when all its containers are reported as started and observed via watch',
    totalBuckets,
  );
  const statuses = histogram(
    'pod_status_sync_duration_seconds',
    'Duration in seconds to sync a pod status update. Measures time from detection of a change to pod status until the API is successfully updated for that pod, even if multiple intevening changes to pod status occur.',
    statusBuckets,
  );
  return {
    podSeen: (count) => containers.observe(count),
    workerStarted: (seconds) => workerStart.observe(seconds),
    round: (kind, seconds) => rounds.observe(seconds, [kind]),
    podRuns: (seconds) => total.observe(seconds),
    statusWritten: (seconds) => statuses.observe(seconds),
  };
}

function failureCounts({
  counter,
}: Families): Pick<WorkObserver, 'podRejected' | 'podEvicted' | 'sandboxFailed' | 'containerFailed'> {
  const rejections = counter(
    'admission_rejections_total',
    'Cumulative number pod admission rejections by the Kubelet.',
    ['reason'],
  );
  const evictions = counter('evictions', 'Cumulative number of pod evictions by eviction signal', ['eviction_signal']);
  const sandboxes = counter('started_pods_errors_total', 'Cumulative number of errors when starting pods');
  const failures = counter('started_containers_errors_total', 'Cumulative number of errors when starting containers', [
    'container_type',
    'code',
  ]);
  return {
    podRejected: (reason) => rejections.add([reason]),
    podEvicted: (signal) => evictions.add([signal]),
    sandboxFailed: () => sandboxes.add(),
    containerFailed: (kind, code) => failures.add([kind, code]),
  };
}

function imageMetrics({ histogram, beta }: Families): Pick<WorkObserver, 'imagePulled' | 'imageVolume'> {
  const pulls = histogram('image_pull_duration_seconds', 'Duration in seconds to pull an image.', pullBuckets, [
    'image_size_in_bytes',
  ]);
  const imageVolumes = {
    requested: beta('image_volume_requested_total', 'Number of requested image volumes.'),
    mounted: beta('image_volume_mounted_succeed_total', 'Number of successful image volume mounts.'),
    failed: beta('image_volume_mounted_errors_total', 'Number of failed image volume mounts.'),
  };
  return {
    imagePulled: (seconds, bytes) => pulls.observe(seconds, [sizeName(bytes)]),
    imageVolume: (what) => imageVolumes[what].add(),
  };
}

function resourceTimes(metrics: Metrics): Pick<WorkObserver, 'cgroup' | 'volume'> {
  const { histogram } = kubeletFamilies(metrics);
  const cgroups = histogram(
    'cgroup_manager_duration_seconds',
    'Duration in seconds for cgroup manager operations. Broken down by method.',
    defaults,
    ['operation_type'],
  );
  const storage = metrics.histogram('storage_operation_duration_seconds', {
    help: 'Storage operation duration',
    labels: ['volume_plugin', 'operation_name', 'status', 'migrated'],
    buckets: storageBuckets,
  });
  return {
    cgroup: (operation, seconds) => cgroups.observe(seconds, [operation]),
    volume: (plugin, failed, seconds) =>
      storage.observe(seconds, [plugin, 'volume_mount', failed ? 'fail-unknown' : 'success', 'false']),
  };
}

function podGauges(metrics: Metrics, pods: () => readonly Pod[]): void {
  const { gauge } = kubeletFamilies(metrics);
  const desired = gauge(
    'desired_pods',
    'The number of pods the kubelet is being instructed to run. static is true if the pod is not from the apiserver.',
    ['static'],
  );
  const active = gauge(
    'active_pods',
    'The number of pods the kubelet considers active and which are being considered when admitting new pods. static is true if the pod is not from the apiserver.',
    ['static'],
  );
  const mirrors = gauge(
    'mirror_pods',
    'The number of mirror pods the kubelet will try to create (one per admitted static pod)',
  );
  const debugging = gauge(
    'managed_ephemeral_containers',
    'Current number of ephemeral containers in pods managed by this kubelet.',
  );
  metrics.beforeRender(() => {
    const all = pods();
    const isActive = ({ status }: Pod): boolean => status?.phase !== 'Succeeded' && status?.phase !== 'Failed';
    const statics = all.filter(isStatic);
    const others = all.filter((pod) => !isStatic(pod));
    for (const [own, label] of [
      [statics, 'true'],
      [others, ''],
    ] as const) {
      desired.set(own.length, [label]);
      active.set(own.filter(isActive).length, [label]);
    }
    mirrors.set(statics.length);
    debugging.set(all.reduce((sum, { spec }) => sum + (spec?.ephemeralContainers?.length ?? 0), 0));
  });
}

function hostGauges(metrics: Metrics, cgroupVersion: number): void {
  const { gauge } = kubeletFamilies(metrics);
  gauge('cgroup_version', 'cgroup version on the hosts.').set(cgroupVersion);
  gauge(
    'metrics_provider',
    "Metrics provider used by kubelet to collect container stats. Values can be 'cadvisor' and 'cri'",
    ['provider'],
  ).set(1, ['cri']);
}
