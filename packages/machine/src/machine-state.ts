import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { homePaths, instanceName } from './installation.ts';
import { isSameProcess, type ProcessIdentity } from './process-identity.ts';

/**
 * What is written down about a machine. It is there before anything else of the machine exists and goes after everything else
 * has gone, so whatever a process that was killed left behind can be found and removed: all other names follow from it.
 */
export interface MachineRecord {
  readonly name: string;
  /** The cluster that the machine was made for, if any. */
  readonly cluster: string | undefined;
  readonly address: string;
  /** Whether systemd is its first process. */
  readonly systemd: boolean;
  /** `creating` belongs to `creator`: when that process is gone, so is the machine. */
  readonly phase: 'creating' | 'running' | 'stopped';
  readonly creator: ProcessIdentity;
  /** The machine's first process, while it runs. */
  readonly init: ProcessIdentity | undefined;
  /** Name of the template that its containerd was seeded from. */
  readonly template: string;
  /** The folder of programs that it sees. */
  readonly programs: string;
  /** RFC 3339. */
  readonly created: string;
}

export type MachinePhase = 'creating' | 'running' | 'stopped' | 'broken';

/** Where things of a machine lie. */
interface MachinePaths {
  readonly root: string;
  readonly record: string;
  readonly bundle: string;
  readonly upper: string;
  readonly work: string;
  readonly rootfs: string;
  readonly log: string;
  /** Real directories, not on the overlay, by the path at which the machine sees them. */
  readonly volumes: Readonly<Record<string, string>>;
}

/** Directories in which a machine must not see the host's, or which cannot lie on an overlay. */
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

/** Replaces the machine's record; a reader sees the old one or the new one. */
export function writeMachine(home: string, machine: MachineRecord): void {
  const { root, record } = machinePaths(home, machine.name);
  mkdirSync(root, { recursive: true });
  writeFileSync(`${record}.new`, JSON.stringify(machine, null, 2));
  renameSync(`${record}.new`, record);
}

/** Names of all machines of which there is anything, even without a record. */
export function machineNames(home: string): string[] {
  const { machines } = homePaths(home);
  return existsSync(machines) ? readdirSync(machines).sort() : [];
}

/** What the machine is in fact: a record may say "running" of a machine whose host has been restarted. */
export function phaseOf(machine: MachineRecord): MachinePhase {
  if (machine.phase === 'creating') return isSameProcess(machine.creator) ? 'creating' : 'broken';
  return machine.phase === 'running' && machine.init && isSameProcess(machine.init) ? 'running' : 'stopped';
}

/** The first of `candidates` that no machine has. Throws when all are taken. */
export function freeAddress(candidates: readonly string[], machines: readonly MachineRecord[]): string {
  const taken = new Set(machines.map(({ address }) => address));
  const free = candidates.find((address) => !taken.has(address));
  if (free === undefined) throw new Error(`Cannot add a machine: all ${candidates.length} addresses are taken`);
  return free;
}

/** What runs the machines of an installation, as the beginning of a command line. */
export const runtimeOf = (home: string): readonly string[] => ['runc', '--root', homePaths(home).runc];

export const cgroupOf = (home: string, name: string): string => `typernetes/${instanceName(home)}/${name}`;
