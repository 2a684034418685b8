import type { Container, Pod } from '@typernetes/api/core/v1';
import type { ContainerStats } from '@typernetes/cri';
import { labels } from '../pod/labels.ts';
import { containerResources } from '../pod/resources.ts';
import type { GroupUsage, Traffic } from '../runtime/group-usage.ts';
import { family, type Sample, type UsageSight } from './usage-metrics.ts';

interface CadvisorSight extends UsageSight {
  /** The kernel's statistics on containers, by id; without those that are gone. */
  readonly groups: ReadonlyMap<string, GroupUsage>;
  /** The period of CPU quotas in microseconds. */
  readonly cfsPeriod: number | undefined;
}

/** A container as the families see it. */
interface Seen {
  readonly stat: ContainerStats;
  readonly labels: Readonly<Record<string, string>>;
  readonly pod: Pod | undefined;
  readonly spec: Container | undefined;
  readonly group: GroupUsage | undefined;
}

type Value = (seen: Seen, sight: CadvisorSight) => number | undefined;
type Row = readonly [name: string, type: 'counter' | 'gauge', help: string, value: Value];

const amount = (value: { readonly value: string } | null | undefined): number | undefined =>
  value ? Number(value.value) : undefined;
const cpu =
  (pick: (own: NonNullable<GroupUsage['cpu']>) => number): Value =>
  ({ group }) =>
    group?.cpu && pick(group.cpu);
const memory =
  (pick: (own: NonNullable<GroupUsage['memory']>) => number): Value =>
  ({ group }) =>
    group?.memory && pick(group.memory);
/** Only for containers with a quota: others are never throttled. */
const quota =
  (pick: (own: NonNullable<GroupUsage['cpu']>) => number): Value =>
  ({ group, spec }) =>
    spec?.resources?.limits?.cpu !== undefined && group?.cpu ? pick(group.cpu) : undefined;
const pressure =
  (resource: 'cpu' | 'memory' | 'io', who: 'some' | 'full'): Value =>
  ({ group }) =>
    group?.pressure && group.pressure[resource][who].total / 1e6;

const spec =
  (pick: (own: ReturnType<typeof containerResources>, cfsPeriod: number | undefined) => number | undefined): Value =>
  ({ spec: container }, { cfsPeriod }) =>
    container && pick(containerResources(container, cfsPeriod), cfsPeriod);

const waited = 'Total time duration tasks in the container have waited due to';
const stalled = 'Total time duration no tasks in the container could make progress due to';

/** cAdvisor's metric families for containers, with its help texts. */
const rows: readonly Row[] = [
  [
    'container_cpu_cfs_periods_total',
    'counter',
    'Number of elapsed enforcement period intervals.',
    quota((own) => own.periods),
  ],
  [
    'container_cpu_cfs_throttled_periods_total',
    'counter',
    'Number of throttled period intervals.',
    quota((own) => own.throttledPeriods),
  ],
  [
    'container_cpu_cfs_throttled_seconds_total',
    'counter',
    'Total time duration the container has been throttled.',
    quota((own) => own.throttled),
  ],
  [
    'container_cpu_system_seconds_total',
    'counter',
    'Cumulative system cpu time consumed in seconds.',
    cpu((own) => own.system),
  ],
  [
    'container_cpu_user_seconds_total',
    'counter',
    'Cumulative user cpu time consumed in seconds.',
    cpu((own) => own.user),
  ],
  [
    'container_fs_usage_bytes',
    'gauge',
    'Number of bytes that are consumed by the container on this filesystem.',
    ({ stat }) => amount(stat.writableLayer?.usedBytes),
  ],
  [
    'container_last_seen',
    'gauge',
    'Last time a container was seen by the exporter',
    (_, { now }) => Math.floor(now / 1000),
  ],
  ['container_memory_cache', 'gauge', 'Number of bytes of page cache memory.', memory((own) => own.cache)],
  ['container_memory_failcnt', 'counter', 'Number of memory usage hits limits', memory((own) => own.failures)],
  ['container_memory_kernel_usage', 'gauge', 'Size of kernel memory allocated in bytes.', memory((own) => own.kernel)],
  ['container_memory_mapped_file', 'gauge', 'Size of memory mapped files in bytes.', memory((own) => own.mapped)],
  ['container_memory_max_usage_bytes', 'gauge', 'Maximum memory usage recorded in bytes', memory((own) => own.most)],
  ['container_memory_rss', 'gauge', 'Size of RSS in bytes.', ({ stat }) => amount(stat.memory?.rssBytes)],
  ['container_memory_swap', 'gauge', 'Container swap usage in bytes.', memory((own) => own.swap)],
  [
    'container_memory_total_active_file_bytes',
    'gauge',
    'Current total active file in bytes.',
    memory((own) => own.activeFile),
  ],
  [
    'container_memory_total_inactive_file_bytes',
    'gauge',
    'Current total inactive file in bytes.',
    memory((own) => own.inactiveFile),
  ],
  [
    'container_memory_usage_bytes',
    'gauge',
    'Current memory usage in bytes, including all memory regardless of when it was accessed',
    ({ stat }) => amount(stat.memory?.usageBytes),
  ],
  [
    'container_memory_working_set_bytes',
    'gauge',
    'Current working set in bytes.',
    ({ stat }) => amount(stat.memory?.workingSetBytes),
  ],
  [
    'container_oom_events_total',
    'counter',
    'Count of out of memory events observed for the container',
    memory((own) => own.kills),
  ],
  ['container_pressure_cpu_stalled_seconds_total', 'counter', `${stalled} CPU congestion.`, pressure('cpu', 'full')],
  ['container_pressure_cpu_waiting_seconds_total', 'counter', `${waited} CPU congestion.`, pressure('cpu', 'some')],
  ['container_pressure_io_stalled_seconds_total', 'counter', `${stalled} IO congestion.`, pressure('io', 'full')],
  ['container_pressure_io_waiting_seconds_total', 'counter', `${waited} IO congestion.`, pressure('io', 'some')],
  [
    'container_pressure_memory_stalled_seconds_total',
    'counter',
    `${stalled} memory congestion.`,
    pressure('memory', 'full'),
  ],
  [
    'container_pressure_memory_waiting_seconds_total',
    'counter',
    `${waited} memory congestion.`,
    pressure('memory', 'some'),
  ],
  [
    'container_processes',
    'gauge',
    'Number of processes running inside the container.',
    ({ group }) => group?.processes,
  ],
  [
    'container_spec_cpu_period',
    'gauge',
    'CPU period of the container.',
    spec((own, period) => own.cpuPeriod ?? period),
  ],
  ['container_spec_cpu_quota', 'gauge', 'CPU quota of the container.', spec((own) => own.cpuQuota)],
  ['container_spec_cpu_shares', 'gauge', 'CPU share of the container.', spec((own) => own.cpuShares)],
  [
    'container_spec_memory_limit_bytes',
    'gauge',
    'Memory limit for the container.',
    spec((own) => own.memoryLimit ?? 0),
  ],
  [
    'container_spec_memory_reservation_limit_bytes',
    'gauge',
    'Memory reservation limit for the container.',
    spec(() => 0),
  ],
  [
    'container_spec_memory_swap_limit_bytes',
    'gauge',
    'Memory swap limit for the container.',
    spec((own) => own.memoryLimit ?? 0),
  ],
  ['container_start_time_seconds', 'gauge', 'Start time of the container since unix epoch in seconds.', startOf],
  ['container_threads', 'gauge', 'Number of threads running inside the container', ({ group }) => group?.threads],
  [
    'container_threads_max',
    'gauge',
    'Maximum number of threads allowed inside the container, infinity if value is zero',
    ({ group }) => group && (Number.isFinite(group.threadsLimit) ? group.threadsLimit : 0),
  ],
];

/**
 * `/metrics/cadvisor`: cAdvisor's metrics of containers and their pods' networks, as far as runtime and kernel provide
 * them.
 */
export function cadvisorMetrics(sight: CadvisorSight): string {
  const { machine, cpus, now } = sight;
  const all = containersOf(sight);
  const gauges = rows.map(([name, type, help, value]) =>
    family(
      name,
      type,
      help,
      all.flatMap((seen): Sample[] => {
        const found = value(seen, sight);
        return found === undefined ? [] : [{ labels: seen.labels, value: found, at: now }];
      }),
    ),
  );
  return [
    family(
      'container_cpu_usage_seconds_total',
      'counter',
      'Cumulative cpu time consumed in seconds.',
      all.flatMap(({ stat, labels: own }): Sample[] => {
        const used = amount(stat.cpu?.usageCoreNanoSeconds);
        const at = Number(BigInt(stat.cpu?.timestamp ?? '0') / 1_000_000n);
        return used === undefined ? [] : [{ labels: { ...own, cpu: 'total' }, value: used / 1e9, at }];
      }),
    ),
    ...gauges,
    family(
      'container_memory_failures_total',
      'counter',
      'Cumulative count of memory allocation failures.',
      all.flatMap(({ group, labels: own }) => failuresOf(group, own, now)),
    ),
    ...networkFamilies(all, now),
    family('machine_cpu_cores', 'gauge', 'Number of logical CPU cores.', [{ value: cpus, at: 0 }]),
    family('machine_memory_bytes', 'gauge', 'Amount of memory installed on the machine.', [
      { value: machine.memory.capacity, at: 0 },
    ]),
    family('container_scrape_error', 'gauge', '1 if there was an error while getting container metrics, 0 otherwise', [
      { value: 0, at: 0 },
    ]),
  ].join('');
}

/** The containers that runtime or kernel have statistics of, with what their pods say of them. */
function containersOf({ stats, pods, groups }: CadvisorSight): readonly Seen[] {
  const byUid = new Map(pods.map((pod) => [pod.metadata.uid, pod]));
  return stats.map((stat) => {
    const { labels: own, id } = stat.attributes;
    const pod = byUid.get(own[labels.podUid] ?? '');
    const group = groups.get(id);
    const name = own[labels.containerName] ?? stat.attributes.metadata.name;
    const statuses = [...(pod?.status?.initContainerStatuses ?? []), ...(pod?.status?.containerStatuses ?? [])];
    return {
      stat,
      pod,
      group,
      spec: [...(pod?.spec?.initContainers ?? []), ...(pod?.spec?.containers ?? [])].find((c) => c.name === name),
      labels: {
        container: name,
        id: group?.path ?? `/${id}`,
        image: statuses.find((status) => status.name === name)?.image ?? '',
        name: id,
        namespace: own[labels.podNamespace] ?? '',
        pod: own[labels.podName] ?? '',
      },
    };
  });
}

function failuresOf(group: GroupUsage | undefined, own: Seen['labels'], at: number): readonly Sample[] {
  if (!group?.memory) return [];
  const { pageFaults, majorPageFaults } = group.memory;
  return ['container', 'hierarchy'].flatMap((scope) => [
    { labels: { ...own, failure_type: 'pgfault', scope }, value: pageFaults, at },
    { labels: { ...own, failure_type: 'pgmajfault', scope }, value: majorPageFaults, at },
  ]);
}

const directions = [
  ['receive', 'received', 'receiving'],
  ['transmit', 'transmitted', 'transmitting'],
] as const;

/**
 * A pod's containers share its network: it is reported for one of them. Pods in the node's network have none of their
 * own.
 */
function networkFamilies(all: readonly Seen[], now: number): readonly string[] {
  const byPod = [...Map.groupBy(all, ({ pod }) => pod?.metadata.uid).values()].flatMap((own) => {
    const first = own.find(({ group }) => (group?.network.length ?? 0) > 0);
    return first?.pod && !first.pod.spec?.hostNetwork ? [first] : [];
  });
  return directions.flatMap(([direction, done, doing]) => {
    const helps: readonly (readonly [keyof Traffic, string, string])[] = [
      ['bytes', 'bytes', `Cumulative count of bytes ${done}`],
      ['errors', 'errors', `Cumulative count of errors encountered while ${doing}`],
      ['dropped', 'packets_dropped', `Cumulative count of packets dropped while ${doing}`],
      ['packets', 'packets', `Cumulative count of packets ${done}`],
    ];
    return helps.map(([what, name, help]) =>
      family(
        `container_network_${direction}_${name}_total`,
        'counter',
        help,
        byPod.flatMap(({ group, labels: own }) =>
          (group?.network ?? []).map(({ name: interfaceName, [direction]: traffic }) => {
            const { namespace = '', pod = '' } = own;
            const id = (group?.path ?? '').replace(/\/[^/]*$/, '');
            return {
              labels: { container: '', id, image: '', interface: interfaceName, name: '', namespace, pod },
              value: traffic[what],
              at: now,
            };
          }),
        ),
      ),
    );
  });
}

function startOf({ pod, labels: { container } }: Seen): number | undefined {
  const statuses = [...(pod?.status?.initContainerStatuses ?? []), ...(pod?.status?.containerStatuses ?? [])];
  const started = statuses.find(({ name }) => name === container)?.state?.running?.startedAt;
  return started ? Date.parse(started) / 1000 : undefined;
}
