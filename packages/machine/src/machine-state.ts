import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { homePaths, instanceName } from './installation.ts';
import { isSameProcess, type ProcessIdentity } from './process-identity.ts';

/**
 * The record of a machine. It is written before anything else of the machine is created, and removed last, so that what a killed process has left
 * behind can be found and removed: all other names are derived from it.
 */
export interface MachineRecord {
  readonly name: string;
  /** The cluster that the machine was made for, if any. */
  readonly cluster: string | undefined;
  readonly address: string;
  /** Whether systemd is its first process. */
  readonly systemd: boolean;
  /** While it is `creating`, the process `creator` works on it; if that process is gone, the machine was never finished. */
  readonly phase: 'creating' | 'running' | 'stopped';
  readonly creator: ProcessIdentity;
  /** The machine's first process, while it runs. */
  readonly init: ProcessIdentity | undefined;
  /** The template that its containerd's data was copied from. */
  readonly template: string;
  /** The folder of programs that it sees. */
  readonly programs: string;
  /** RFC 3339. */
  readonly created: string;
}

export type MachinePhase = 'creating' | 'running' | 'stopped' | 'broken';

/** The paths of a machine's parts. */
interface MachinePaths {
  readonly root: string;
  readonly record: string;
  readonly bundle: string;
  readonly upper: string;
  readonly work: string;
  readonly rootfs: string;
  readonly log: string;
  /** Directories of their own, not on the overlay, by the path at which the machine sees them. */
  readonly volumes: Readonly<Record<string, string>>;
}

/** Directories where a machine must not see the host's files, or that do not work on an overlay. */
const volumePaths = [
  '/etc/cni',
  '/etc/kubernetes',
  '/opt/cni',
  '/var/lib/cni',
  '/var/lib/containerd',
  '/var/lib/etcd',
  '/var/lib/kubelet',
  '/var/lib/typernetes',
  '/var/log',
];

export function machinePaths(home: string, name: string): MachinePaths {
  const root = join(homePaths(home).machines, name);
  return {
    root,
    record: join(root, 'machine.json'),
    bundle: join(root, 'bundle'),
    upper: join(root, 'overlay/upper'),
    work: join(root, 'overlay/work'),
    rootfs: join(root, 'rootfs'),
    log: join(root, 'init.log'),
    volumes: Object.fromEntries(
      volumePaths.map((path) => [path, join(root, 'volumes', path.slice(1).replaceAll('/', '-'))]),
    ),
  };
}

/** The machine's record, or undefined when there is none. */
export function readMachine(home: string, name: string): MachineRecord | undefined {
  const { record } = machinePaths(home, name);
  return existsSync(record) ? (JSON.parse(readFileSync(record, 'utf8')) as MachineRecord) : undefined;
}

/** Replaces the machine's record atomically. */
export function writeMachine(home: string, machine: MachineRecord): void {
  const { root, record } = machinePaths(home, machine.name);
  mkdirSync(root, { recursive: true });
  writeFileSync(`${record}.new`, JSON.stringify(machine, null, 2));
  renameSync(`${record}.new`, record);
}

/** The names of all machines that have any files, even without a record. */
export function machineNames(home: string): string[] {
  const { machines } = homePaths(home);
  return existsSync(machines) ? readdirSync(machines).sort() : [];
}

/** The actual state of a machine: its record still says "running" after a restart of the host. */
export function phaseOf(machine: MachineRecord): MachinePhase {
  if (machine.phase === 'creating') return isSameProcess(machine.creator) ? 'creating' : 'broken';
  return machine.phase === 'running' && machine.init && isSameProcess(machine.init) ? 'running' : 'stopped';
}

/** The first of `candidates` that no machine uses. Throws if all are in use. */
export function freeAddress(candidates: readonly string[], machines: readonly MachineRecord[]): string {
  const taken = new Set(machines.map(({ address }) => address));
  const free = candidates.find((address) => !taken.has(address));
  if (free === undefined) throw new Error(`Cannot add a machine: all ${candidates.length} addresses are taken`);
  return free;
}

/** The start of the command line that manages the machines of an installation. */
export const runtimeOf = (home: string): readonly string[] => ['runc', '--root', homePaths(home).runc];

export const cgroupOf = (home: string, name: string): string => `typernetes/${instanceName(home)}/${name}`;
