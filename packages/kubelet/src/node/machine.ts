import { readFile, statfs } from 'node:fs/promises';
import { arch, cpus, hostname, networkInterfaces, release } from 'node:os';
import { codeOf } from '@typernetes/base';
import { hugepagesIn } from './hugepages.ts';

/** The machine's hardware and software, as its Node object reports them. */
export interface Machine {
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly swapBytes: number;
  readonly diskBytes: number;
  /** Bytes of huge pages by resource, including sizes with a total of zero. */
  readonly hugepages: Readonly<Record<string, number>>;
  /** The maximum number of processes and threads. */
  readonly mostProcesses: number;
  readonly architecture: string;
  readonly kernelVersion: string;
  readonly osImage: string;
  readonly machineId: string;
  readonly systemUuid: string;
  readonly bootId: string;
}

const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64', ia32: '386', arm: 'arm' };

export async function readMachine(rootDir: string): Promise<Machine> {
  const [meminfo, osRelease, machineId, systemUuid, bootId, disk, hugepages, pids, threads] = await Promise.all([
    readFile('/proc/meminfo', 'utf8'),
    textOf('/etc/os-release'),
    textOf('/etc/machine-id'),
    textOf('/sys/class/dmi/id/product_uuid'),
    textOf('/proc/sys/kernel/random/boot_id'),
    statfs(rootDir),
    hugepagesIn(),
    readFile('/proc/sys/kernel/pid_max', 'utf8'),
    readFile('/proc/sys/kernel/threads-max', 'utf8'),
  ]);
  const kilobytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(meminfo)?.[1] ?? 0);
  const pretty = /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(osRelease)?.[1];
  return {
    cpus: cpus().length,
    memoryBytes: kilobytes('MemTotal') * 1024,
    swapBytes: kilobytes('SwapTotal') * 1024,
    diskBytes: disk.blocks * disk.bsize,
    hugepages: Object.fromEntries(hugepages),
    mostProcesses: Math.min(Number(pids), Number(threads)),
    architecture: architectures[arch()] ?? arch(),
    kernelVersion: release(),
    osImage: pretty ?? 'Linux',
    machineId: machineId.trim(),
    systemUuid: systemUuid.trim(),
    bootId: bootId.trim(),
  };
}

/** The content of a file that not every machine has; empty where it is missing or kept from us. */
async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'EACCES', 'EPERM'].includes(codeOf(error) ?? '')) return '';
    throw error;
  }
}

/** The default node name: the host's name, in lower case. */
export function defaultNodeName(): string {
  return hostname().trim().toLowerCase();
}

/**
 * The node's addresses: the configured ones, or else the address of the interface with the default route, or of the
 * first interface with an address. "::" selects an IPv6 address; "0.0.0.0" and an empty value select an IPv4 address.
 */
export async function nodeAddresses(asked: readonly string[]): Promise<readonly string[]> {
  const real = asked.filter((ip) => ip !== '0.0.0.0' && ip !== '::');
  if (real.length > 0) return real;
  const wanted = asked.includes('::') ? 'IPv6' : 'IPv4';
  const preferred = defaultInterface(await textOf('/proc/net/route'));
  const addresses = Object.entries(networkInterfaces()).flatMap(([name, list = []]) =>
    list
      .filter(({ family, internal, address }) => family === wanted && !internal && !/^fe[89ab]/i.test(address))
      .map(({ address }) => ({ name, address })),
  );
  const found = addresses.find(({ name }) => name === preferred) ?? addresses[0];
  return [found?.address ?? (wanted === 'IPv6' ? '::1' : '127.0.0.1')];
}

/** The interface of the route to 0.0.0.0/0 in the kernel's table. */
function defaultInterface(table: string): string | undefined {
  const rows = table
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'));
  return rows.find(([, destination, , , , , , mask]) => destination === '00000000' && mask?.trim() === '00000000')?.[0];
}
