import { exponentialBuckets, type Metrics } from '@typernetes/process';

/** Events in the assignment of exclusive resources to pods. */
export interface ManagerObserver {
  /** A pod was looked at for so many milliseconds. */
  weighed(ms: number): void;
  /** Its resources could not be aligned as required. */
  misaligned(): void;
  /** A container was to get exclusive CPUs or memory. */
  pinned(what: 'cpu' | 'memory', failed: boolean): void;
}

/** How CPUs are shared; empty if the policy assigns none. */
export interface ProcessorUse {
  readonly shared: number;
  /** By NUMA node: how many CPUs are assigned exclusively. */
  readonly exclusive: ReadonlyMap<number, number>;
}

/** `kubelet_topology_manager_*`, `kubelet_cpu_manager_*`, `kubelet_memory_manager_*`. */
export function managerMetrics(metrics: Metrics, processors: () => ProcessorUse | undefined): ManagerObserver {
  const counter = (name: string, help: string) => metrics.counter(`kubelet_${name}`, { help });
  const gauge = (name: string, help: string, labels: readonly string[] = []) =>
    metrics.gauge(`kubelet_cpu_manager_${name}`, { help, labels });
  const requests = counter(
    'topology_manager_admission_requests_total',
    'The number of admission requests where resources have to be aligned.',
  );
  const errors = counter(
    'topology_manager_admission_errors_total',
    'The number of admission request failures where resources could not be aligned.',
  );
  const duration = metrics.histogram('kubelet_topology_manager_admission_duration_ms', {
    help: 'Duration in milliseconds to serve a pod admission request.',
    buckets: exponentialBuckets(0.05, 2, 15),
  });
  const pins = {
    cpu: {
      requests: counter(
        'cpu_manager_pinning_requests_total',
        'The number of cpu core allocations which required pinning.',
      ),
      errors: counter(
        'cpu_manager_pinning_errors_total',
        'The number of cpu core allocations which required pinning failed.',
      ),
    },
    memory: {
      requests: counter(
        'memory_manager_pinning_requests_total',
        'The number of memory pages allocations which required pinning.',
      ),
      errors: counter(
        'memory_manager_pinning_errors_total',
        'The number of memory pages allocations which required pinning that failed.',
      ),
    },
  };
  const shared = gauge(
    'shared_pool_size_millicores',
    'The size of the shared CPU pool for non-guaranteed QoS pods, in millicores.',
  );
  const exclusive = gauge(
    'exclusive_cpu_allocation_count',
    'The total number of CPUs exclusively allocated to containers running on this node',
  );
  const byNode = gauge('allocation_per_numa', 'Number of CPUs allocated per NUMA node', ['numa_node']);
  metrics.beforeRender(() => {
    const use = processors();
    shared.set((use?.shared ?? 0) * 1000);
    exclusive.set([...(use?.exclusive.values() ?? [])].reduce((sum, count) => sum + count, 0));
    for (const [node, count] of use?.exclusive ?? []) byNode.set(count, [`${node}`]);
  });
  return {
    weighed: (ms) => {
      requests.add();
      duration.observe(ms);
    },
    misaligned: () => errors.add(),
    pinned: (what, failed) => {
      pins[what].requests.add();
      if (failed) pins[what].errors.add();
    },
  };
}
