import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '@typernetes/base';
import { entriesOf } from '../files/read-files.ts';
import { hugepagesIn } from '../node/hugepages.ts';
import { parseCpuSet } from '../resources/cpu-set.ts';

/** A hardware thread, and where it sits. */
export interface Cpu {
  readonly id: number;
  readonly core: number;
  readonly socket: number;
  readonly numa: number;
  /** The last-level cache; the socket's number if the kernel does not say. */
  readonly cache?: number;
}

/** Which CPUs and how much memory are close together. Core numbers are unique across sockets. */
export interface MachineTopology {
  readonly cpus: readonly Cpu[];
  /** Bytes of memory by NUMA node; nodes are numbered as the kernel does. */
  readonly memory: ReadonlyMap<number, number>;
  /** Bytes of huge pages by resource (`hugepages-2Mi`) and NUMA node. */
  readonly hugepages?: ReadonlyMap<string, ReadonlyMap<number, number>>;
  /** The distance from each NUMA node to the others, in the kernel's unit; undefined if unknown. */
  readonly distances?: ReadonlyMap<number, readonly number[]>;
}

/** Reads the topology from /sys. Without any information there, the machine is one node with one core per CPU. */
export async function readTopology(
  fallback: { readonly cpus: number; readonly memoryBytes: number },
  root = '/sys/devices/system',
): Promise<MachineTopology> {
  const online = await textOf(join(root, 'cpu/online'));
  const ids = online === '' ? Array.from({ length: fallback.cpus }, (_, id) => id) : [...parseCpuSet(online)];
  const nodes = (await entriesOf(join(root, 'node')))
    .flatMap((name) => /^node(\d+)$/.exec(name)?.[1] ?? [])
    .map(Number);
  const numaOf = new Map<number, number>();
  const memory = new Map<number, number>();
  const hugepages = new Map<string, Map<number, number>>();
  const distances = new Map<number, readonly number[]>();
  for (const node of nodes.sort((a, b) => a - b)) {
    for (const cpu of parseCpuSet(await textOf(join(root, `node/node${node}/cpulist`)))) numaOf.set(cpu, node);
    const total = /MemTotal:\s+(\d+) kB/.exec(await textOf(join(root, `node/node${node}/meminfo`)))?.[1];
    memory.set(node, Number(total ?? 0) * 1024);
    for (const [name, bytes] of await hugepagesIn(join(root, `node/node${node}/hugepages`))) {
      const byNode = hugepages.get(name) ?? new Map<number, number>();
      hugepages.set(name, byNode.set(node, bytes));
    }
    const distance = await textOf(join(root, `node/node${node}/distance`));
    if (distance !== '') distances.set(node, distance.split(/\s+/).map(Number));
  }
  if (memory.size === 0) memory.set(0, fallback.memoryBytes);
  const cores = new Map<string, number>();
  const cpus = await Promise.all(
    ids.map(async (id) => {
      const at = (name: string): Promise<string> => textOf(join(root, `cpu/cpu${id}/topology/${name}`));
      const [core, socket, cache] = await Promise.all([
        at('core_id'),
        at('physical_package_id'),
        textOf(join(root, `cpu/cpu${id}/cache/index3/id`)),
      ]);
      const own = { id, core: core === '' ? id : Number(core), socket: Math.max(Number(socket || 0), 0) };
      return { ...own, cache: cache === '' ? own.socket : Number(cache) };
    }),
  );
  // The kernel numbers the cores of each socket from 0.
  for (const { core, socket } of cpus) {
    const key = `${socket}/${core}`;
    if (!cores.has(key)) cores.set(key, cores.size);
  }
  return {
    cpus: cpus.map(({ id, core, socket, cache }) => ({
      id,
      core: cores.get(`${socket}/${core}`) ?? id,
      socket,
      numa: numaOf.get(id) ?? 0,
      cache,
    })),
    memory,
    ...(hugepages.size > 0 ? { hugepages } : {}),
    ...(distances.size === memory.size ? { distances } : {}),
  };
}

async function textOf(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return '';
    throw error;
  }
}
