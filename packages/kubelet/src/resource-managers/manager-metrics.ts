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

/** Events in the dealings with device plugins. */
export interface DeviceObserver {
  pluginRegistered(resource: string): void;
  /** A plugin was asked to give devices to a container, for so many seconds. */
  devicesAllocated(resource: string, seconds: number): void;
}

/** The calls of the pod resources API, by the names that upstream counts them under. */
const resourceCalls = { list: 'List', get_allocatable: 'GetAllocatableResources', get: 'Get' } as const;

/** Called for each request to the pod resources API. */
export type ResourcesAsked = (call: keyof typeof resourceCalls, failed: boolean) => void;

/** `kubelet_device_plugin_*`. */
export function deviceMetrics(metrics: Metrics): DeviceObserver {
  const labels = ['resource_name'];
  const registrations = metrics.counter('kubelet_device_plugin_registration_total', {
    help: 'Cumulative number of device plugin registrations. Broken down by resource name.',
    labels,
  });
  const allocations = metrics.histogram('kubelet_device_plugin_alloc_duration_seconds', {
    help: 'Duration in seconds to serve a device plugin Allocation request. Broken down by resource name.',
    labels,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  });
  return {
    pluginRegistered: (resource) => registrations.add([resource]),
    devicesAllocated: (resource, seconds) => allocations.observe(seconds, [resource]),
  };
}

/** `kubelet_pod_resources_endpoint_*`. */
export function podResourcesMetrics(metrics: Metrics): ResourcesAsked {
  const version = ['v1'];
  const counter = (name: string, help: string) =>
    metrics.counter(`kubelet_pod_resources_endpoint_${name}`, {
      help: `${help}. Broken down by server api version.`,
      labels: ['server_api_version'],
    });
  const total = counter('requests_total', 'Cumulative number of requests to the PodResource endpoint');
  const both = Object.entries(resourceCalls).map(([call, name]) => {
    const asked = `Number of requests to the PodResource ${name} endpoint`;
    const requests = counter(`requests_${call}`, asked);
    return [call, { requests, errors: counter(`errors_${call}`, `${asked} which returned error`) }] as const;
  });
  const byCall = new Map<string, (typeof both)[number][1]>(both);
  return (call, failed) => {
    total.add(version);
    byCall.get(call)?.requests.add(version);
    if (failed) byCall.get(call)?.errors.add(version);
  };
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
