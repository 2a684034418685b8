import type { Pod } from '@typernetes/api/core/v1';
import { timestamp } from '@typernetes/base';
import type { ContainerStats } from '@typernetes/cri';
import { labels } from '../pod/labels.ts';
import type { FileSystemUsage, MachineUsage } from '../resources/machine-usage.ts';
import type { NodeCpu } from '../resources/node-cpu.ts';
import { type PodUsage, usedOf } from '../resources/pod-usage.ts';
import type { SystemContainer } from '../resources/system-containers.ts';
import type { GroupUsage, InterfaceUsage } from '../runtime/group-usage.ts';
import type { Pressure, Pressures } from '../runtime/pressure.ts';
import type { MeasuredVolume } from '../volumes/mounted-volumes.ts';

export type MountedUsages = ReadonlyMap<string, ReadonlyMap<string, MeasuredVolume>>;

interface SummarySight {
  readonly nodeName: string;
  readonly stats: readonly ContainerStats[];
  readonly pods: readonly Pod[];
  readonly usages: ReadonlyMap<string, PodUsage>;
  /** Volumes from outside the pods' directories, by the pods' uids and the volumes' names. */
  readonly mounted: MountedUsages;
  /** The kernel's statistics on containers, by id. */
  readonly groups: ReadonlyMap<string, GroupUsage>;
  readonly machine: MachineUsage;
  readonly cpu: NodeCpu;
  readonly system: readonly SystemContainer[];
  readonly now: number;
  /** For `only_cpu_and_memory`: processor, memory and swap alone. */
  readonly brief: boolean;
}

/** `/stats/summary` (upstream: stats/v1alpha1 Summary), as far as machine and runtime provide it. */
export function statsSummary(sight: SummarySight): object {
  const { nodeName, stats, pods, usages, mounted, groups, machine, cpu, system, now, brief } = sight;
  const time = timestamp(now);
  const { memory, swap, pressures, nodeFs, imageFs, processes } = machine;
  const interfaces = machine.network.map(interfaceSummary);
  // Upstream's of that name is the one that counts for the node as a whole.
  const usual = interfaces.find(({ name }) => name === 'eth0') ?? { name: '' };
  const byPod = Map.groupBy(stats, ({ attributes }) => attributes.labels[labels.podUid]);
  return {
    node: {
      nodeName,
      ...(system.length > 0 ? { systemContainers: system } : {}),
      startTime: timestamp(now - machine.upSeconds * 1000),
      cpu: {
        time,
        usageNanoCores: cpu.usageNanoCores,
        usageCoreNanoSeconds: cpu.usageCoreNanoSeconds,
        ...psi(pressures?.cpu),
      },
      memory: {
        time,
        availableBytes: memory.available,
        usageBytes: memory.usedBytes,
        workingSetBytes: memory.workingSetBytes,
        rssBytes: memory.rssBytes,
        pageFaults: memory.pageFaults,
        majorPageFaults: memory.majorPageFaults,
        ...psi(pressures?.memory),
      },
      ...(brief
        ? {}
        : {
            ...io(pressures, time),
            network: { time, ...usual, interfaces },
            fs: fileSystem(nodeFs, time),
            ...(imageFs
              ? { runtime: { imageFs: fileSystem(imageFs, time), containerFs: fileSystem(imageFs, time) } }
              : {}),
            rlimit: { time, maxpid: processes.most, curproc: processes.running },
          }),
      swap: { time, swapAvailableBytes: swap.available, swapUsageBytes: swap.capacity - swap.available },
    },
    pods: pods.flatMap((pod) => {
      const { uid } = pod.metadata;
      const own = byPod.get(uid);
      if (!own) return [];
      const measured = { usage: usages.get(uid), mounted: mounted.get(uid) ?? new Map(), groups, brief };
      return [podSummary(pod, own, measured, machine, time)];
    }),
  };
}

function podSummary(
  pod: Pod,
  own: readonly ContainerStats[],
  {
    usage,
    mounted,
    groups,
    brief,
  }: {
    readonly brief: boolean;
    readonly usage: PodUsage | undefined;
    readonly mounted: ReadonlyMap<string, MeasuredVolume>;
    readonly groups: SummarySight['groups'];
  },
  { nodeFs }: MachineUsage,
  time: string,
): object {
  const { name, namespace, uid } = pod.metadata;
  const sum = (value: (stat: ContainerStats) => number): number => own.reduce((total, stat) => total + value(stat), 0);
  const found = own.flatMap(({ attributes }) => groups.get(attributes.id) ?? []);
  const free = {
    availableBytes: nodeFs.bytes.available,
    capacityBytes: nodeFs.bytes.capacity,
    inodesFree: nodeFs.inodes.available,
    inodes: nodeFs.inodes.capacity,
  };
  return {
    podRef: { name, namespace, uid },
    startTime: pod.status?.startTime ?? null,
    containers: own.map((stat) =>
      containerSummary(stat, { pod, usage, group: groups.get(stat.attributes.id), free, time, brief }),
    ),
    ...(brief ? {} : networkSummary(pod, found, time)),
    ...(own.length > 0
      ? {
          cpu: {
            time,
            usageNanoCores: sum((stat) => amount(stat.cpu?.usageNanoCores)),
            usageCoreNanoSeconds: sum((stat) => amount(stat.cpu?.usageCoreNanoSeconds)),
          },
          memory: {
            time,
            usageBytes: sum((stat) => amount(stat.memory?.usageBytes)),
            workingSetBytes: sum((stat) => amount(stat.memory?.workingSetBytes)),
            rssBytes: sum((stat) => amount(stat.memory?.rssBytes)),
            pageFaults: sum((stat) => amount(stat.memory?.pageFaults)),
            majorPageFaults: sum((stat) => amount(stat.memory?.majorPageFaults)),
          },
        }
      : {}),
    ...(found.some(({ memory }) => memory)
      ? { swap: { time, swapUsageBytes: found.reduce((total, { memory }) => total + (memory?.swap ?? 0), 0) } }
      : {}),
    ...(usage && !brief
      ? {
          volume: [
            ...[...usage.volumes].map(([volume, { bytes, inodes }]) => ({
              time,
              ...free,
              usedBytes: bytes,
              inodesUsed: inodes,
              name: volume,
            })),
            ...[...mounted].map(([volume, { claim, ...amounts }]) => ({
              time,
              ...amounts,
              name: volume,
              ...(claim ? { pvcRef: claim } : {}),
            })),
          ],
          'ephemeral-storage': {
            time,
            ...free,
            usedBytes: usedOf(usage, 'ephemeral-storage'),
            inodesUsed: usedOf(usage, 'inodes'),
          },
        }
      : {}),
  };
}

const interfaceSummary = ({ name, receive, transmit }: InterfaceUsage) => ({
  name,
  rxBytes: receive.bytes,
  rxErrors: receive.errors,
  txBytes: transmit.bytes,
  txErrors: transmit.errors,
});

/** The network that a pod's containers share, and how many processes they have together. */
function networkSummary(pod: Pod, found: readonly GroupUsage[], time: string): object {
  if (found.length === 0) return {};
  const interfaces = (found.find(({ network }) => network.length > 0)?.network ?? []).map(interfaceSummary);
  const [first] = interfaces;
  return {
    ...(first && !pod.spec?.hostNetwork ? { network: { time, ...first, interfaces } } : {}),
    process_stats: { process_count: found.reduce((sum, { processes }) => sum + processes, 0) },
  };
}

function startOf({ status }: Pod, container: string): string | undefined {
  const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = status ?? {};
  const statuses = [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses];
  return statuses.find(({ name }) => name === container)?.state?.running?.startedAt ?? undefined;
}

function containerSummary(
  stat: ContainerStats,
  {
    pod,
    usage,
    group,
    free,
    time,
    brief,
  }: {
    readonly pod: Pod;
    readonly usage: PodUsage | undefined;
    readonly group: GroupUsage | undefined;
    readonly free: object;
    readonly time: string;
    readonly brief: boolean;
  },
): object {
  const { cpu, memory, writableLayer, attributes } = stat;
  const name = attributes.labels[labels.containerName] ?? attributes.metadata.name;
  const own = usage?.containers.find((container) => container.name === name);
  return {
    name,
    startTime: startOf(pod, name) ?? null,
    ...(cpu
      ? {
          cpu: {
            time: at(cpu.timestamp),
            usageNanoCores: amount(cpu.usageNanoCores),
            usageCoreNanoSeconds: amount(cpu.usageCoreNanoSeconds),
            ...psi(group?.pressure?.cpu),
          },
        }
      : {}),
    ...(memory
      ? {
          memory: {
            time: at(memory.timestamp),
            ...availableOf(group, amount(memory.workingSetBytes)),
            usageBytes: amount(memory.usageBytes),
            workingSetBytes: amount(memory.workingSetBytes),
            rssBytes: amount(memory.rssBytes),
            pageFaults: amount(memory.pageFaults),
            majorPageFaults: amount(memory.majorPageFaults),
            ...psi(group?.pressure?.memory),
          },
        }
      : {}),
    ...(group?.memory ? { swap: swapSummary(group.memory, time) } : {}),
    ...(brief ? {} : io(group?.pressure, time)),
    ...(writableLayer && !brief
      ? {
          rootfs: {
            time,
            ...free,
            usedBytes: amount(writableLayer.usedBytes),
            inodesUsed: amount(writableLayer.inodesUsed),
          },
        }
      : {}),
    ...(own && !brief ? { logs: { time, ...free, usedBytes: own.logBytes } } : {}),
  };
}

function fileSystem({ bytes, inodes }: FileSystemUsage, time: string): object {
  return {
    time,
    availableBytes: bytes.available,
    capacityBytes: bytes.capacity,
    usedBytes: bytes.capacity - bytes.available,
    inodesFree: inodes.available,
    inodes: inodes.capacity,
    inodesUsed: inodes.capacity - inodes.available,
  };
}

/** What is left of a container's limit, where it has one. */
function availableOf(group: GroupUsage | undefined, workingSetBytes: number): object {
  const { limit } = group?.memory ?? {};
  return limit === undefined || !Number.isFinite(limit) ? {} : { availableBytes: limit - workingSetBytes };
}

function swapSummary({ swap, swapLimit }: NonNullable<GroupUsage['memory']>, time: string): object {
  return {
    time,
    ...(Number.isFinite(swapLimit) ? { swapAvailableBytes: Math.max(swapLimit - swap, 0) } : {}),
    swapUsageBytes: swap,
  };
}

const psi = (pressure: Pressure | undefined): object => (pressure ? { psi: psiData(pressure) } : {});
const io = (pressures: Pressures | undefined, time: string): object =>
  pressures ? { io: { time, ...psi(pressures.io) } } : {};

/** The kernel counts microseconds, upstream nanoseconds. */
const psiData = ({ full, some }: Pressure): object => ({
  full: { ...full, total: full.total * 1000 },
  some: { ...some, total: some.total * 1000 },
});

const amount = (value: { readonly value: string } | null | undefined): number => Number(value?.value ?? 0);
const at = (nanoseconds: string): string => timestamp(Number(BigInt(nanoseconds) / 1_000_000n));
