import { textIn } from '../files/read-files.ts';
import type { CgroupLayout } from './cgroup-layout.ts';

/** The usage of a cgroup with those below it: CPU time since it was created, in nanoseconds, and memory in bytes. */
export interface GroupTotal {
  readonly cpuNanoSeconds: number;
  readonly usageBytes: number;
  /** Without inactive file caches, which the kernel reclaims first. */
  readonly workingSetBytes: number;
  readonly rssBytes: number;
  readonly pageFaults: number;
  readonly majorPageFaults: number;
}

/** Undefined if there is no such cgroup, or it has no accounting. */
export async function readGroupTotal(layout: CgroupLayout, path: string): Promise<GroupTotal | undefined> {
  const file = (controller: string, name: string): Promise<string | undefined> => {
    const root =
      layout.version === 2 ? layout.root : layout.roots.find((one) => controllersOf(one).includes(controller));
    return root === undefined ? Promise.resolve(undefined) : textIn(`${root}${path}/${name}`);
  };
  const names =
    layout.version === 2
      ? (['cpu.stat', 'memory.current', 'memory.stat'] as const)
      : (['cpuacct.usage', 'memory.usage_in_bytes', 'memory.stat'] as const);
  const [cpu, usage, stat] = await Promise.all([
    file(layout.version === 2 ? 'cpu' : 'cpuacct', names[0]),
    file('memory', names[1]),
    file('memory', names[2]),
  ]);
  if (cpu === undefined || usage === undefined || stat === undefined) return undefined;
  const isNew = layout.version === 2;
  const of = (name: string): number => valueIn(stat, isNew ? name : `total_${name}`);
  const usageBytes = Number(usage);
  return {
    cpuNanoSeconds: isNew ? valueIn(cpu, 'usage_usec') * 1000 : Number(cpu),
    usageBytes,
    workingSetBytes: Math.max(usageBytes - of('inactive_file'), 0),
    rssBytes: of(isNew ? 'anon' : 'rss'),
    pageFaults: of('pgfault'),
    majorPageFaults: of('pgmajfault'),
  };
}

/** The group that `/proc/self/cgroup` names; undefined for the root, which is everybody's (upstream: getContainer). */
export function ownGroup(table: string, version: CgroupLayout['version']): string | undefined {
  const controller = version === 2 ? '' : 'memory';
  for (const line of table.split('\n')) {
    const [, names = '', path = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (path !== '' && names.split(',').includes(controller)) return path === '/' ? undefined : path;
  }
  return undefined;
}

const controllersOf = (root: string): readonly string[] => root.slice(root.lastIndexOf('/') + 1).split(',');

/** The value of a line `name number`; 0 without one. */
const valueIn = (text: string, name: string): number =>
  Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
