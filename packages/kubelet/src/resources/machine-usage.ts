import { readFile, stat, statfs } from 'node:fs/promises';
import { uptime } from 'node:os';
import { codeOf } from '@typernetes/base';
import { textIn } from '../files/read-files.ts';
import { type InterfaceUsage, interfacesIn } from '../runtime/group-usage.ts';
import { type Pressures, readPressures } from '../runtime/pressure.ts';
import type { Observation } from './observation.ts';

/** One file system: bytes and inodes. */
export interface FileSystemUsage {
  readonly bytes: Observation;
  readonly inodes: Observation;
}

/** The resource usage of the machine, as far as it is known. */
export interface MachineUsage {
  readonly memory: Observation & {
    readonly usedBytes: number;
    readonly workingSetBytes: number;
    /** Anonymous memory of processes. */
    readonly rssBytes: number;
    readonly pageFaults: number;
    readonly majorPageFaults: number;
  };
  /** Of swap, in bytes. */
  readonly swap: Observation;
  /** How long the machine's processes waited; undefined where the kernel does not measure it. */
  readonly pressures?: Pressures;
  readonly nodeFs: FileSystemUsage;
  /** Where the runtime keeps images; undefined while it does not say. */
  readonly imageFs: FileSystemUsage | undefined;
  /** Whether images are on another file system than the kubelet's directories. */
  readonly imagesApart: boolean;
  readonly processes: { readonly running: number; readonly most: number };
  /** The machine's own interfaces, without the ends of its pods'. */
  readonly network: readonly InterfaceUsage[];
  /** The machine's uptime. */
  readonly upSeconds: number;
}

/** `imageDir` is the runtime's directory of images, where known. */
export async function readMachineUsage(rootDir: string, imageDir: string | undefined): Promise<MachineUsage> {
  const [meminfo, vmstat, network, nodeFs, imageFs, apart, processes, pressures] = await Promise.all([
    readFile('/proc/meminfo', 'utf8'),
    readFile('/proc/vmstat', 'utf8'),
    readFile('/proc/net/dev', 'utf8'),
    fileSystem(rootDir),
    imageDir === undefined ? undefined : ifThere(fileSystem(imageDir)),
    imageDir === undefined ? false : isApart(rootDir, imageDir),
    readProcesses(),
    readPressures((resource) => textIn(`/proc/pressure/${resource}`)),
  ]);
  if (!nodeFs) throw new Error(`no file system at ${rootDir}`);
  return {
    memory: memoryOf(meminfo, vmstat),
    swap: swapOf(meminfo),
    ...(pressures ? { pressures } : {}),
    nodeFs,
    imageFs,
    imagesApart: apart ?? false,
    processes,
    network: interfacesIn(network).filter(({ name }) => !/^(veth|docker|nerdctl)/.test(name)),
    upSeconds: uptime(),
  };
}

/** Available memory: inactive caches can be reclaimed at once, so they count as free. */
export function memoryOf(meminfo: string, vmstat: string): MachineUsage['memory'] {
  const bytes = bytesIn(meminfo);
  const capacity = bytes('MemTotal');
  const usedBytes = capacity - bytes('MemFree');
  const workingSetBytes = Math.max(usedBytes - bytes('Inactive(file)'), 0);
  const count = (name: string): number => Number(new RegExp(`^${name} (\\d+)`, 'm').exec(vmstat)?.[1] ?? 0);
  return {
    capacity,
    available: capacity - workingSetBytes,
    usedBytes,
    workingSetBytes,
    rssBytes: bytes('AnonPages'),
    pageFaults: count('pgfault'),
    majorPageFaults: count('pgmajfault'),
  };
}

export function swapOf(meminfo: string): Observation {
  const bytes = bytesIn(meminfo);
  return { capacity: bytes('SwapTotal'), available: bytes('SwapFree') };
}

const bytesIn =
  (meminfo: string) =>
  (name: string): number =>
    1024 * Number(new RegExp(`^${name.replace(/[()]/g, '\\$&')}:\\s+(\\d+)`, 'm').exec(meminfo)?.[1] ?? 0);

async function fileSystem(path: string): Promise<FileSystemUsage> {
  const { bsize, blocks, bavail, files, ffree } = await statfs(path);
  return {
    bytes: { available: bavail * bsize, capacity: blocks * bsize },
    inodes: { available: ffree, capacity: files },
  };
}

async function isApart(a: string, b: string): Promise<boolean | undefined> {
  const [first, second] = await Promise.all([ifThere(stat(a)), ifThere(stat(b))]);
  return first && second && first.dev !== second.dev;
}

async function ifThere<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function readProcesses(): Promise<{ running: number; most: number }> {
  const [load, pids, threads] = await Promise.all(
    ['/proc/loadavg', '/proc/sys/kernel/pid_max', '/proc/sys/kernel/threads-max'].map((path) => readFile(path, 'utf8')),
  );
  const running = Number(/ \d+\/(\d+) /.exec(load ?? '')?.[1] ?? 0);
  return { running, most: Math.min(Number(pids), Number(threads)) };
}
