import type { Pod } from '@typernetes/api/core/v1';
import type { ContainerStats } from '@typernetes/cri';
import { labels } from '../pod/labels.ts';
import type { MachineUsage } from '../resources/machine-usage.ts';
import type { NodeCpu } from '../resources/node-cpu.ts';

/** What the texts are made of. */
export interface UsageSight {
  readonly stats: readonly ContainerStats[];
  readonly pods: readonly Pod[];
  readonly machine: MachineUsage;
  readonly cpu: NodeCpu;
  readonly cpus: number;
  readonly now: number;
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

/** `/metrics/resource`: what autoscaling and `kubectl top` live on. */
export function resourceMetrics({ stats, pods, machine, cpu, now }: UsageSight): string {
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
      'Cumulative cpu time consumed by the container in core-seconds',
      withCpu.map((stat) => ({ labels: of(stat), value: cpuSeconds(stat), at: millis(stat.cpu?.timestamp ?? '0') })),
    ),
    family(
      'container_memory_working_set_bytes',
      'gauge',
      'Current working set of the container in bytes',
      withMemory.map((stat) => ({
        labels: of(stat),
        value: workingSet(stat),
        at: millis(stat.memory?.timestamp ?? '0'),
      })),
    ),
    family('container_start_time_seconds', 'gauge', 'Start time of the container since unix epoch in seconds', starts),
    family('node_cpu_usage_seconds_total', 'counter', 'Cumulative cpu time consumed by the node in core-seconds', [
      { value: cpu.usageCoreNanoSeconds / 1e9, at: now },
    ]),
    family('node_memory_working_set_bytes', 'gauge', 'Current working set of the node in bytes', [
      { value: machine.memory.workingSetBytes, at: now },
    ]),
    family(
      'pod_cpu_usage_seconds_total',
      'counter',
      'Cumulative cpu time consumed by the pod in core-seconds',
      byPod.map((own) => ({ labels: podLabels(own), value: sum(own, cpuSeconds), at: now })),
    ),
    family(
      'pod_memory_working_set_bytes',
      'gauge',
      'Current working set of the pod in bytes',
      byPod.map((own) => ({ labels: podLabels(own), value: sum(own, workingSet), at: now })),
    ),
    family('resource_scrape_error', 'gauge', '1 if there was an error while getting container metrics, 0 otherwise', [
      { value: 0, at: 0 },
    ]),
  ].join('');
}

/** `/metrics/cadvisor`: the same under cAdvisor's names, as far as the runtime tells. */
export function cadvisorMetrics({ stats, pods, machine, cpus, now }: UsageSight): string {
  const images = new Map(
    pods.flatMap((pod) =>
      (pod.status?.containerStatuses ?? []).map(
        ({ name, image = '' }) => [`${pod.metadata.uid}/${name}`, image] as const,
      ),
    ),
  );
  const of = (stat: ContainerStats): Record<string, string> => {
    const { labels: own, id } = stat.attributes;
    const container = containerOf(stat);
    return {
      container,
      id: `/${id}`,
      image: images.get(`${own[labels.podUid]}/${container}`) ?? '',
      name: id,
      namespace: own[labels.podNamespace] ?? '',
      pod: own[labels.podName] ?? '',
    };
  };
  const gauge = (name: string, help: string, value: (stat: ContainerStats) => number | undefined): string =>
    family(
      name,
      'gauge',
      help,
      stats.flatMap((stat): Sample[] => {
        const found = value(stat);
        return found === undefined ? [] : [{ labels: of(stat), value: found, at: now }];
      }),
    );
  const memory =
    (pick: (memory: NonNullable<ContainerStats['memory']>) => { value: string } | null) => (stat: ContainerStats) =>
      stat.memory ? amount(pick(stat.memory)) : undefined;
  return [
    family(
      'container_cpu_usage_seconds_total',
      'counter',
      'Cumulative cpu time consumed in seconds.',
      stats
        .filter((stat) => stat.cpu)
        .map((stat) => ({
          labels: { ...of(stat), cpu: 'total' },
          value: amount(stat.cpu?.usageCoreNanoSeconds) / 1e9,
          at: millis(stat.cpu?.timestamp ?? '0'),
        })),
    ),
    gauge(
      'container_fs_usage_bytes',
      'Number of bytes that are consumed by the container on this filesystem.',
      (stat) => (stat.writableLayer?.usedBytes ? amount(stat.writableLayer.usedBytes) : undefined),
    ),
    gauge('container_last_seen', 'Last time a container was seen by the exporter', () => Math.floor(now / 1000)),
    gauge(
      'container_memory_rss',
      'Size of RSS in bytes.',
      memory((m) => m.rssBytes),
    ),
    gauge(
      'container_memory_usage_bytes',
      'Current memory usage in bytes, including all memory regardless of when it was accessed',
      memory((m) => m.usageBytes),
    ),
    gauge(
      'container_memory_working_set_bytes',
      'Current working set in bytes.',
      memory((m) => m.workingSetBytes),
    ),
    family('machine_cpu_cores', 'gauge', 'Number of logical CPU cores.', [{ value: cpus, at: 0 }]),
    family('machine_memory_bytes', 'gauge', 'Amount of memory installed on the machine.', [
      { value: machine.memory.capacity, at: 0 },
    ]),
  ].join('');
}

function containerOf({ attributes }: ContainerStats): string {
  return attributes.labels[labels.containerName] ?? attributes.metadata.name;
}
