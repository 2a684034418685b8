import type { Pod } from '@typernetes/api/core/v1';
import type { Clock } from '@typernetes/base';
import { type ContainerRuntime, runtimeCodeOf } from '@typernetes/cri';
import type { Metrics } from '@typernetes/process';
import type { ContainerKind } from '../pod/containers.ts';
import type { PluginObserver } from './plugin-observer.ts';
import type { PluginVolumes } from './plugin-volumes.ts';
import { type RareObserver, rareMetrics } from './rare-metrics.ts';
import { type WorkObserver, workMetrics } from './work-metrics.ts';

/** What pod workers report. */
export interface PodObserver extends PluginObserver, WorkObserver, RareObserver {
  /** The time from when the kubelet first saw the pod until it was running. */
  podStarted(seconds: number): void;
  /** An attempt, successful or not. */
  containerStarted(kind: ContainerKind): void;
  sandboxStarted(): void;
  /** Pods were preempted for a critical pod that lacked the resource. */
  podsPreempted(resource: string, pods: number): void;
}

/** Upper bounds in seconds, upstream's. */
const startBuckets = [
  0.5, 1, 2, 3, 4, 5, 6, 8, 10, 20, 30, 45, 60, 120, 180, 240, 300, 360, 480, 600, 900, 1200, 1800, 2700, 3600,
];
const pluginBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const operationBuckets = Array.from({ length: 14 }, (_, i) => 0.005 * 2.5 ** i);

export const containerTypes = {
  init: 'init_container',
  sidecar: 'init_container',
  regular: 'container',
  ephemeral: 'ephemeral_container',
} as const satisfies Readonly<Record<ContainerKind, string>>;

/** `/metrics` of the kubelet itself. `pods` are those that are here, with their statuses; `credentialProviders` is the hash of their configuration. */
export function kubeletMetrics(
  metrics: Metrics,
  options: {
    readonly nodeName: string;
    readonly pods: () => readonly Pod[];
    readonly volumes: () => readonly PluginVolumes[];
    readonly credentialProviders?: string | undefined;
    readonly cgroupVersion: number;
    /** Pods that the runtime had and no source; default: none. */
    readonly orphans?: () => number;
  },
): PodObserver {
  const { nodeName, pods, volumes, credentialProviders, orphans = () => 0 } = options;
  const work = workMetrics(metrics, options);
  const rare = rareMetrics(metrics, { pods, orphans });
  metrics
    .gauge('kubelet_node_name', { help: "The node's name. The count is always 1.", labels: ['node'] })
    .set(1, [nodeName]);
  const runningPods = metrics.gauge('kubelet_running_pods', {
    help: 'Number of pods that have a running pod sandbox',
  });
  const containers = metrics.gauge('kubelet_running_containers', {
    help: 'Number of containers currently running',
    labels: ['container_state'],
  });
  const started = metrics.counter('kubelet_started_containers_total', {
    help: 'Cumulative number of containers started',
    labels: ['container_type'],
  });
  const sandboxes = metrics.counter('kubelet_started_pods_total', { help: 'Cumulative number of pods started' });
  const preemptions = metrics.counter('kubelet_preemptions', {
    help: 'Cumulative number of pod preemptions by preemption resource',
    labels: ['preemption_signal'],
  });
  const plugins = metrics.histogram('kubelet_credential_provider_plugin_duration', {
    help: 'Duration of execution in seconds for credential provider plugin',
    labels: ['plugin_name'],
    buckets: pluginBuckets,
  });
  const pluginErrors = metrics.counter('kubelet_credential_provider_plugin_errors_total', {
    help: 'Number of errors from credential provider plugin',
    labels: ['plugin_name'],
  });
  if (credentialProviders !== undefined)
    metrics
      .gauge('kubelet_credential_provider_config_info', {
        help: 'Information about the last applied credential provider configuration with hash as label',
        labels: ['hash'],
      })
      .set(1, [credentialProviders]);
  const starts = metrics.histogram('kubelet_pod_start_duration_seconds', {
    help: 'Duration in seconds from kubelet seeing a pod for the first time to the pod starting to run',
    buckets: startBuckets,
  });
  const totalVolumes = metrics.gauge('volume_manager_total_volumes', {
    help: 'Number of volumes in Volume Manager',
    labels: ['plugin_name', 'state'],
  });
  const knownPlugins = new Set<string>();
  metrics.beforeRender(() => {
    const byPlugin = new Map(volumes().map((one) => [one.plugin, one]));
    for (const plugin of byPlugin.keys()) knownPlugins.add(plugin);
    // Reset gauges that no pod contributes to any longer.
    for (const plugin of knownPlugins) {
      const { actual = 0, desired = 0 } = byPlugin.get(plugin) ?? {};
      totalVolumes.set(actual, [plugin, 'actual_state_of_world']);
      totalVolumes.set(desired, [plugin, 'desired_state_of_world']);
    }
    const states = { running: 0, exited: 0, created: 0, unknown: 0 };
    let running = 0;
    for (const { status } of pods()) {
      if (status?.conditions?.some(({ type, status: is }) => type === 'PodReadyToStartContainers' && is === 'True'))
        running++;
      for (const { state, containerID } of [
        ...(status?.initContainerStatuses ?? []),
        ...(status?.containerStatuses ?? []),
        ...(status?.ephemeralContainerStatuses ?? []),
      ]) {
        if (state?.running) states.running++;
        else if (state?.terminated || containerID) states.exited++;
      }
    }
    runningPods.set(running);
    for (const [state, count] of Object.entries(states)) containers.set(count, [state]);
  });
  return {
    ...work,
    ...rare,
    podStarted: (seconds) => starts.observe(seconds),
    containerStarted: (kind) => started.add([containerTypes[kind]]),
    sandboxStarted: () => sandboxes.add(),
    pluginAsked: (name, seconds) => plugins.observe(seconds, [name]),
    pluginFailed: (name) => pluginErrors.add([name]),
    podsPreempted: (resource, pods) => preemptions.add([resource], pods),
  };
}

/** The calls by the names that upstream counts them under. */
const operations = {
  version: 'version',
  status: 'status',
  runPodSandbox: 'run_podsandbox',
  stopPodSandbox: 'stop_podsandbox',
  removePodSandbox: 'remove_podsandbox',
  listPodSandboxes: 'list_podsandbox',
  podSandboxStatus: 'podsandbox_status',
  createContainer: 'create_container',
  startContainer: 'start_container',
  stopContainer: 'stop_container',
  removeContainer: 'remove_container',
  listContainers: 'list_containers',
  containerStatus: 'container_status',
  updateContainerResources: 'update_container',
  reopenContainerLog: 'reopen_container_log',
  execSync: 'exec_sync',
  exec: 'exec',
  attach: 'attach',
  portForward: 'port_forward',
  containerStats: 'container_stats',
  listContainerStats: 'list_container_stats',
  pullImage: 'pull_image',
  listImages: 'list_images',
  imageStatus: 'image_status',
  removeImage: 'remove_image',
  imageFsInfo: 'image_fs_info',
} as const satisfies Partial<Record<keyof ContainerRuntime, string>>;

type Call = (...args: unknown[]) => Promise<unknown>;

/** The runtime, with every call to it counted and timed. */
export function observedRuntime(runtime: ContainerRuntime, metrics: Metrics, clock: Clock): ContainerRuntime {
  const labels = ['operation_type'];
  const total = metrics.counter('kubelet_runtime_operations_total', {
    help: 'Cumulative number of runtime operations by operation type.',
    labels,
  });
  const failed = metrics.counter('kubelet_runtime_operations_errors_total', {
    help: 'Cumulative number of runtime operation errors by operation type.',
    labels,
  });
  const duration = metrics.histogram('kubelet_runtime_operations_duration_seconds', {
    help: 'Duration in seconds of runtime operations. Broken down by operation type.',
    labels,
    buckets: operationBuckets,
  });
  const sandboxes = metrics.histogram('kubelet_run_podsandbox_duration_seconds', {
    help: 'Duration in seconds of the run_podsandbox operations. Broken down by RuntimeClass.Handler.',
    labels: ['runtime_handler'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  });
  const sandboxErrors = metrics.counter('kubelet_run_podsandbox_errors_total', {
    help: 'Cumulative number of the run_podsandbox operation errors by RuntimeClass.Handler.',
    labels: ['runtime_handler'],
  });
  const runSandbox: ContainerRuntime['runPodSandbox'] = async (config, options) => {
    const began = clock.monotonic();
    const handler = [options?.runtimeHandler ?? ''];
    try {
      return await runtime.runPodSandbox(config, options);
    } catch (error) {
      sandboxErrors.add(handler);
      throw error;
    } finally {
      sandboxes.observe((clock.monotonic() - began) / 1000, handler);
    }
  };
  const observed = (method: keyof typeof operations, name: string): Call => {
    const call = method === 'runPodSandbox' ? (runSandbox as Call) : (runtime[method] as Call).bind(runtime);
    return async (...args) => {
      const began = clock.monotonic();
      try {
        return await call(...args);
      } catch (error) {
        // Calls that were called off have no code.
        if (runtimeCodeOf(error) !== undefined) failed.add([name]);
        throw error;
      } finally {
        total.add([name]);
        duration.observe((clock.monotonic() - began) / 1000, [name]);
      }
    };
  };
  const calls = Object.entries(operations).map(([method, name]) => [
    method,
    observed(method as keyof typeof operations, name),
  ]);
  return Object.assign(Object.create(runtime) as ContainerRuntime, Object.fromEntries(calls));
}
