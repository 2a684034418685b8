import type { Pod } from '@typernetes/api/core/v1';
import type { ContainerStats } from '@typernetes/cri';
import { labels } from '../pod/labels.ts';
import type { MachineUsage } from '../resources/machine-usage.ts';
import type { NodeCpu } from '../resources/node-cpu.ts';
import type { SwapUsage } from '../runtime/group-swap.ts';

/** The inputs of the metrics. */
export interface UsageSight {
  readonly stats: readonly ContainerStats[];
  readonly pods: readonly Pod[];
  readonly machine: MachineUsage;
  readonly cpu: NodeCpu;
  readonly cpus: number;
  readonly now: number;
}

interface ResourceSight extends UsageSight {
  /** By containers' ids. */
  readonly swaps: ReadonlyMap<string, SwapUsage>;
}

export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
  /** Milliseconds; 0 for none. */
  readonly at: number;
}

/** One family in the text format; nothing without samples. */
export function family(name: string, type: 'counter' | 'gauge', help: string, samples: readonly Sample[]): string {
  if (samples.length === 0) return '';
  const lines = samples.map(({ labels: pairs = {}, value, at }) => {
    const text = Object.entries(pairs)
      .map(([key, of]) => `${key}="${of.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`)
      .join(',');
    return `${name}${text === '' ? '' : `{${text}}`} ${value}${at > 0 ? ` ${at}` : ''}\n`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

const amount = (value: { readonly value: string } | null | undefined): number => Number(value?.value ?? 0);
const millis = (nanoseconds: string): number => Number(BigInt(nanoseconds) / 1_000_000n);

const elsewhere = 'Reported only on non-windows systems';

/** `/metrics/resource`: what autoscaling and `kubectl top` live on. */
export function resourceMetrics({ stats, pods, machine, cpu, now, swaps }: ResourceSight): string {
  const of = (stat: ContainerStats): Record<string, string> => ({
    container: containerOf(stat),
    namespace: stat.attributes.labels[labels.podNamespace] ?? '',
    pod: stat.attributes.labels[labels.podName] ?? '',
  });
  const byPod = [...Map.groupBy(stats, ({ attributes }) => attributes.labels[labels.podUid]).values()];
  const podLabels = (own: readonly ContainerStats[]): Record<string, string> => {
    const { namespace = '', pod = '' } = own[0] ? of(own[0]) : {};
    return { namespace, pod };
  };
  const sum = (own: readonly ContainerStats[], value: (stat: ContainerStats) => number): number =>
    own.reduce((total, stat) => total + value(stat), 0);
  const cpuSeconds = (stat: ContainerStats): number => amount(stat.cpu?.usageCoreNanoSeconds) / 1e9;
  const workingSet = (stat: ContainerStats): number => amount(stat.memory?.workingSetBytes);
  const swapOf = (stat: ContainerStats): SwapUsage | undefined => swaps.get(stat.attributes.id);
  const withSwap = stats.filter(swapOf);
  const withCpu = stats.filter((stat) => stat.cpu);
  const withMemory = stats.filter((stat) => stat.memory);
  const starts = pods.flatMap((pod) =>
    (pod.status?.containerStatuses ?? []).flatMap(({ name, state }): Sample[] => {
      const at = state?.running?.startedAt;
      const own = { container: name, namespace: pod.metadata.namespace ?? '', pod: pod.metadata.name };
      return at ? [{ labels: own, value: Date.parse(at) / 1000, at: 0 }] : [];
    }),
  );
  return [
    family(
      'container_cpu_usage_seconds_total',
      'counter',
      '[STABLE] Cumulative cpu time consumed by the container in core-seconds',
      withCpu.map((stat) => ({ labels: of(stat), value: cpuSeconds(stat), at: millis(stat.cpu?.timestamp ?? '0') })),
    ),
    family(
      'container_memory_working_set_bytes',
      'gauge',
      '[STABLE] Current working set of the container in bytes',
      withMemory.map((stat) => ({
        labels: of(stat),
        value: workingSet(stat),
        at: millis(stat.memory?.timestamp ?? '0'),
      })),
    ),
    family(
      'container_swap_limit_bytes',
      'gauge',
      `[ALPHA] Current amount of the container swap limit in bytes. ${elsewhere}`,
      withSwap.flatMap((stat) => {
        const { limit = 0 } = swapOf(stat) ?? {};
        return Number.isFinite(limit) ? [{ labels: of(stat), value: limit, at: now }] : [];
      }),
    ),
    family(
      'container_swap_usage_bytes',
      'gauge',
      `[ALPHA] Current amount of the container swap usage in bytes. ${elsewhere}`,
      withSwap.map((stat) => ({ labels: of(stat), value: swapOf(stat)?.used ?? 0, at: now })),
    ),
    family(
      'container_start_time_seconds',
      'gauge',
      '[STABLE] Start time of the container since unix epoch in seconds',
      starts,
    ),
    family(
      'node_cpu_usage_seconds_total',
      'counter',
      '[STABLE] Cumulative cpu time consumed by the node in core-seconds',
      [{ value: cpu.usageCoreNanoSeconds / 1e9, at: now }],
    ),
    family('node_memory_working_set_bytes', 'gauge', '[STABLE] Current working set of the node in bytes', [
      { value: machine.memory.workingSetBytes, at: now },
    ]),
    family('node_swap_usage_bytes', 'gauge', `[ALPHA] Current swap usage of the node in bytes. ${elsewhere}`, [
      { value: machine.swap.capacity - machine.swap.available, at: now },
    ]),
    family(
      'pod_cpu_usage_seconds_total',
      'counter',
      '[STABLE] Cumulative cpu time consumed by the pod in core-seconds',
      byPod.map((own) => ({ labels: podLabels(own), value: sum(own, cpuSeconds), at: now })),
    ),
    family(
      'pod_memory_working_set_bytes',
      'gauge',
      '[STABLE] Current working set of the pod in bytes',
      byPod.map((own) => ({ labels: podLabels(own), value: sum(own, workingSet), at: now })),
    ),
    family(
      'pod_swap_usage_bytes',
      'gauge',
      `[ALPHA] Current amount of the pod swap usage in bytes. ${elsewhere}`,
      byPod
        .filter((own) => own.some(swapOf))
        .map((own) => ({ labels: podLabels(own), value: sum(own, (stat) => swapOf(stat)?.used ?? 0), at: now })),
    ),
    family(
      'resource_scrape_error',
      'gauge',
      '[STABLE] 1 if there was an error while getting container metrics, 0 otherwise',
      [{ value: 0, at: 0 }],
    ),
  ].join('');
}

function containerOf({ attributes }: ContainerStats): string {
  return attributes.labels[labels.containerName] ?? attributes.metadata.name;
}
