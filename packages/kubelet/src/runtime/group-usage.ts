import { textIn } from '../files/read-files.ts';
import type { CgroupLayout } from './cgroup-layout.ts';
import { type Pressures, readPressures } from './pressure.ts';

/** The traffic of one interface of a pod's network. */
export interface InterfaceUsage {
  readonly name: string;
  readonly receive: Traffic;
  readonly transmit: Traffic;
}

export interface Traffic {
  readonly bytes: number;
  readonly packets: number;
  readonly errors: number;
  readonly dropped: number;
}

/** The kernel's statistics on a container's cgroup, as far as available. Times are in seconds, amounts in bytes. */
export interface GroupUsage {
  /** From the root of the hierarchy: `/kubepods/besteffort/pod<uid>/<id>`. */
  readonly path: string;
  readonly cpu?: {
    readonly user: number;
    readonly system: number;
    readonly periods: number;
    readonly throttledPeriods: number;
    readonly throttled: number;
  };
  readonly memory?: {
    readonly cache: number;
    readonly mapped: number;
    readonly kernel: number;
    readonly swap: number;
    /** Infinity if unlimited. */
    readonly limit: number;
    /** Of swap in version 2, of memory and swap together in version 1; Infinity if unlimited. */
    readonly swapLimit: number;
    readonly activeFile: number;
    readonly inactiveFile: number;
    readonly most: number;
    readonly failures: number;
    /** How many of its processes the kernel has killed for want of memory. */
    readonly kills: number;
    readonly pageFaults: number;
    readonly majorPageFaults: number;
  };
  readonly processes: number;
  readonly threads: number;
  /** Infinity if unlimited. */
  readonly threadsLimit: number;
  readonly network: readonly InterfaceUsage[];
  /** Version 2 alone. */
  readonly pressure?: Pressures;
}

/** Ticks of the kernel's clock for programs: the same on all architectures that we run on. */
const ticksPerSecond = 100;

/** Undefined if there is no such cgroup (any more). */
export async function readGroupUsage(
  layout: CgroupLayout,
  path: string,
  proc = '/proc',
): Promise<GroupUsage | undefined> {
  const file = (controller: string, name: string): Promise<string | undefined> => {
    const root =
      layout.version === 2
        ? layout.root
        : layout.roots.find((one) =>
            one
              .slice(one.lastIndexOf('/') + 1)
              .split(',')
              .includes(controller),
          );
    return root === undefined ? Promise.resolve(undefined) : textIn(`${root}${path}/${name}`);
  };
  const pids = (await file('memory', 'cgroup.procs'))?.trim().split('\n').filter(Boolean);
  if (!pids) return undefined;
  const [cpu, memory, threads, limit, network, pressure] = await Promise.all([
    layout.version === 2 ? cpuV2(file) : cpuV1(file),
    layout.version === 2 ? memoryV2(file) : memoryV1(file),
    file('pids', 'pids.current'),
    file('pids', 'pids.max'),
    pids[0] === undefined ? undefined : textIn(`${proc}/${pids[0]}/net/dev`),
    layout.version === 2 ? readPressures((resource) => file(resource, `${resource}.pressure`)) : undefined,
  ]);
  return {
    path,
    ...(cpu ? { cpu } : {}),
    ...(memory ? { memory } : {}),
    processes: pids.length,
    threads: numberIn(threads),
    threadsLimit: limit?.trim() === 'max' || limit === undefined ? Number.POSITIVE_INFINITY : Number(limit),
    network: interfacesIn(network ?? ''),
    ...(pressure ? { pressure } : {}),
  };
}

type ReadFile = (controller: string, name: string) => Promise<string | undefined>;

async function cpuV1(file: ReadFile): Promise<GroupUsage['cpu']> {
  const [quota, account] = await Promise.all([file('cpu', 'cpu.stat'), file('cpuacct', 'cpuacct.stat')]);
  if (quota === undefined || account === undefined) return undefined;
  const [limits, times] = [valuesIn(quota), valuesIn(account)];
  return {
    user: times('user') / ticksPerSecond,
    system: times('system') / ticksPerSecond,
    periods: limits('nr_periods'),
    throttledPeriods: limits('nr_throttled'),
    throttled: limits('throttled_time') / 1e9,
  };
}

async function cpuV2(file: ReadFile): Promise<GroupUsage['cpu']> {
  const text = await file('cpu', 'cpu.stat');
  if (text === undefined) return undefined;
  const of = valuesIn(text);
  return {
    user: of('user_usec') / 1e6,
    system: of('system_usec') / 1e6,
    periods: of('nr_periods'),
    throttledPeriods: of('nr_throttled'),
    throttled: of('throttled_usec') / 1e6,
  };
}

async function memoryV1(file: ReadFile): Promise<GroupUsage['memory']> {
  const [stat, limit, swapLimit, kernel, most, failures, control] = await Promise.all(
    [
      'memory.stat',
      'memory.limit_in_bytes',
      'memory.memsw.limit_in_bytes',
      'memory.kmem.usage_in_bytes',
      'memory.max_usage_in_bytes',
      'memory.failcnt',
      'memory.oom_control',
    ].map((name) => file('memory', name)),
  );
  if (stat === undefined) return undefined;
  const of = valuesIn(stat);
  return {
    cache: of('total_cache'),
    mapped: of('total_mapped_file'),
    kernel: numberIn(kernel),
    swap: of('total_swap'),
    limit: limitIn(limit),
    swapLimit: limitIn(swapLimit),
    activeFile: of('total_active_file'),
    inactiveFile: of('total_inactive_file'),
    most: numberIn(most),
    failures: numberIn(failures),
    kills: valuesIn(control ?? '')('oom_kill'),
    pageFaults: of('total_pgfault'),
    majorPageFaults: of('total_pgmajfault'),
  };
}

async function memoryV2(file: ReadFile): Promise<GroupUsage['memory']> {
  const names = ['memory.stat', 'memory.max', 'memory.swap.current', 'memory.swap.max', 'memory.peak', 'memory.events'];
  const [stat, limit, swap, swapLimit, most, events] = await Promise.all(names.map((name) => file('memory', name)));
  if (stat === undefined) return undefined;
  const of = valuesIn(stat);
  return {
    cache: of('file'),
    mapped: of('file_mapped'),
    kernel: of('kernel'),
    swap: numberIn(swap),
    limit: limitIn(limit),
    swapLimit: limitIn(swapLimit),
    activeFile: of('active_file'),
    inactiveFile: of('inactive_file'),
    most: numberIn(most),
    failures: valuesIn(events ?? '')('max'),
    kills: valuesIn(events ?? '')('oom_kill'),
    pageFaults: of('pgfault'),
    majorPageFaults: of('pgmajfault'),
  };
}

/** Parses `name number` lines; missing names yield 0. */
function valuesIn(text: string): (name: string) => number {
  const values = new Map(text.split('\n').map((line) => line.split(' ') as [string, string]));
  return (name) => Number(values.get(name) ?? 0);
}

const numberIn = (text: string | undefined): number => Number(text ?? 0) || 0;

/** What is as much as a quarter of all that can be counted is no limit: version 1 has none otherwise (cAdvisor: isMemoryUnlimited). */
const leastUnlimited = 2 ** 62;

/** In bytes; Infinity for none. Swap that the kernel does not count has a limit of 0. */
export function limitIn(text: string | undefined): number {
  if (text === undefined) return 0;
  const limit = text.trim() === 'max' ? Number.POSITIVE_INFINITY : Number(text);
  return limit > leastUnlimited ? Number.POSITIVE_INFINITY : limit;
}

/** The kernel's table, without the loopback. */
export function interfacesIn(table: string): readonly InterfaceUsage[] {
  return table.split('\n').flatMap((line) => {
    const [, name, rest = ''] = /^\s*([^:\s]+):\s*(.*)$/.exec(line) ?? [];
    if (name === undefined || name === 'lo') return [];
    const columns = rest.trim().split(/\s+/).map(Number);
    const traffic = (from: number): Traffic => ({
      bytes: columns[from] ?? 0,
      packets: columns[from + 1] ?? 0,
      errors: columns[from + 2] ?? 0,
      dropped: columns[from + 3] ?? 0,
    });
    return [{ name, receive: traffic(0), transmit: traffic(8) }];
  });
}
