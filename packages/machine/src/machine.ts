import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { messagesOf, timestamp } from '@typernetes/base';
import { boot } from './boot.ts';
import { run, runOn } from './command.ts';
import { exclusively } from './exclusive.ts';
import { ensureFabric, fabricAddresses, fabricLinks, fabricOf } from './fabric.ts';
import { ensureTemplate, seedContainerdRoot } from './image-template.ts';
import { type Installation, installationLock, instanceName } from './installation.ts';
import type { MachineContext } from './machine-context.ts';
import { machineFiles } from './machine-files.ts';
import {
  freeAddress,
  type MachinePhase,
  type MachineRecord,
  machineNames,
  machinePaths,
  phaseOf,
  readMachine,
  runtimeOf,
  writeMachine,
} from './machine-state.ts';
import { identifyProcess } from './process-identity.ts';
import { ensureRegistry, fillRegistry } from './registry.ts';
import { shutDown } from './shutdown.ts';
import { removeMachine, sweep, tearDown } from './teardown.ts';

/** What is needed to find machines and clusters, and to run commands in machines. */
export interface HomeContext {
  readonly installation: Pick<Installation, 'home'>;
}

/** A machine as others see it. */
export interface MachineInfo {
  readonly name: string;
  readonly phase: MachinePhase;
  readonly address: string;
  readonly cluster: string | undefined;
  readonly created: string;
}

interface WantedMachine {
  readonly name: string;
  readonly cluster?: string;
  readonly systemd?: boolean;
  /** The link of the fabric, one of {@link fabricLinks}; default: the first. */
  readonly link?: number;
}

/**
 * Creates and starts a machine; when this resolves, its containerd answers. On failure, what was created is removed again. The error names what could not
 * be removed; the next creation or deletion of a machine removes it.
 */
export async function createMachine(context: MachineContext, wanted: WantedMachine): Promise<MachineRecord> {
  const { home } = context.installation;
  checkName(wanted.name);
  checkLink(wanted.link);
  const lock = installationLock(home);
  const machine = await exclusively(lock, async () => {
    await sweep(context);
    const record = await newRecord(context, wanted);
    writeMachine(home, record);
    try {
      const fabric = fabricOf(instanceName(home));
      await ensureFabric(fabric, record.address);
      await ensureRegistry(home, fabric);
      return record;
    } catch (error) {
      return removeAgain(context, record, error);
    }
  });
  try {
    furnish(context.installation, machine);
    return await boot(context, machine);
  } catch (error) {
    return exclusively(lock, () => removeAgain(context, machine, error));
  }
}

async function newRecord(context: MachineContext, wanted: WantedMachine): Promise<MachineRecord> {
  const { home, images, registryImages, programs } = context.installation;
  if (machineNames(home).includes(wanted.name)) throw new Error(`Cannot create machine "${wanted.name}": it exists`);
  await refuseOverlay(home);
  const template = await ensureTemplate(home, images, { node: join(programs, 'node'), report: context.report });
  fillRegistry(home, registryImages);
  const others = machineNames(home).flatMap((name) => readMachine(home, name) ?? []);
  return {
    name: wanted.name,
    cluster: wanted.cluster,
    systemd: wanted.systemd ?? false,
    address: freeAddress(fabricAddresses(wanted.link ?? 0), others),
    phase: 'creating',
    creator: identifyProcess(process.pid),
    init: undefined,
    template,
    programs,
    created: timestamp(context.clock.now()),
  };
}

/** Removes a machine whose creation failed, and rejects with the reason. The caller holds the installation's lock. */
async function removeAgain(context: MachineContext, { name }: MachineRecord, why: unknown): Promise<never> {
  try {
    await removeMachine(context, name);
    await sweep(context);
  } catch (left) {
    throw new Error(`${messagesOf(why)}; it could not be removed again either: ${messagesOf(left)}`, { cause: why });
  }
  throw why;
}

/** Starts a stopped machine, with everything that was on its disk. If that fails, it is stopped again. */
export async function startMachine(context: MachineContext, name: string): Promise<MachineRecord> {
  const machine = existing(context, name);
  if (phaseOf(machine) === 'running') return machine;
  const { home } = context.installation;
  const stopped: MachineRecord = { ...machine, phase: 'stopped', init: undefined };
  await tearDown(context, machine);
  await exclusively(installationLock(home), async () => {
    const fabric = fabricOf(instanceName(home));
    await ensureFabric(fabric, stopped.address);
    await ensureRegistry(home, fabric);
  });
  try {
    return await boot(context, stopped);
  } catch (error) {
    try {
      // Its first process may run already without being in the record; the runtime and its cgroup know it.
      await tearDown(context, stopped);
    } catch (left) {
      throw new Error(`${messagesOf(error)}; ${messagesOf(left)}`, { cause: error });
    }
    throw error;
  }
}

/** Shuts a machine down or, with `force`, ends it as a power cut would. */
export async function stopMachine(context: MachineContext, name: string, options: { force: boolean }): Promise<void> {
  const machine = existing(context, name);
  if (!options.force && phaseOf(machine) === 'running') await shutDown(context, machine);
  await tearDown(context, machine);
  writeMachine(context.installation.home, { ...machine, phase: 'stopped', init: undefined });
}

/** Removes a machine and everything that belongs to it, in any state; with the last one goes the fabric. A machine that does not exist is no error. */
export async function deleteMachine(context: MachineContext, name: string): Promise<void> {
  await exclusively(installationLock(context.installation.home), async () => {
    await removeMachine(context, name);
    await sweep(context);
  });
}

export function listMachines(context: HomeContext): MachineInfo[] {
  const { home } = context.installation;
  return machineNames(home).map((name) => {
    const machine = readMachine(home, name);
    if (!machine) return { name, phase: 'broken', address: '', cluster: undefined, created: '' };
    const { address, cluster, created } = machine;
    return { name, phase: phaseOf(machine), address, cluster, created };
  });
}

/** The command line that runs `command` in the machine, with a terminal if `terminal` is set. Throws if the machine does not run. */
export function commandInMachine(
  context: HomeContext,
  name: string,
  command: readonly string[],
  options: { terminal?: boolean } = {},
): string[] {
  const machine = existing(context, name);
  if (phaseOf(machine) !== 'running')
    throw new Error(`Cannot run a command in machine "${name}": it is ${phaseOf(machine)}`);
  return [...runtimeOf(context.installation.home), 'exec', ...(options.terminal ? ['--tty'] : []), name, ...command];
}

/** Runs a command in the machine and returns its standard output. Throws CommandError. */
export function runInMachine(
  context: HomeContext,
  name: string,
  command: readonly string[],
  options: Parameters<typeof run>[1] = {},
): Promise<string> {
  // Commands of users have no time limit.
  return run(commandInMachine(context, name, command), { limitMs: Number.POSITIVE_INFINITY, ...options });
}

/** Runs a command in the machine with our own standard streams and returns its exit code. */
export function attachToMachine(
  context: HomeContext,
  name: string,
  command: readonly string[],
  options: { terminal: boolean },
): Promise<number> {
  return runOn(commandInMachine(context, name, command, options), 'inherit');
}

/** Where a file of a running machine is on the host. */
export function fileInMachine(context: HomeContext, name: string, path: string): string {
  const { init } = existing(context, name);
  if (!init) throw new Error(`Cannot reach files of machine "${name}": it does not run`);
  return join(`/proc/${init.pid}/root`, path);
}

function existing({ installation }: HomeContext, name: string): MachineRecord {
  const machine = readMachine(installation.home, name);
  if (!machine) throw new Error(`Cannot find machine "${name}"`);
  return machine;
}

function checkName(name: string): void {
  if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) {
    throw new Error(`Cannot name a machine "${name}": use up to 63 lower-case letters, digits and dashes`);
  }
}

function checkLink(link = 0): void {
  if (!fabricLinks.includes(link))
    throw new Error(`Cannot put a machine on link ${link}: use one from 0 to ${fabricLinks.length - 1}`);
}

async function refuseOverlay(home: string): Promise<void> {
  mkdirSync(home, { recursive: true });
  const type = (await run(['stat', '-f', '-c', '%T', home])).trim();
  if (type === 'overlayfs') {
    throw new Error(
      `Cannot keep machines in "${home}": it lies on an overlay filesystem, which cannot carry another one`,
    );
  }
}

/** Fills the machine's folders: what differs from the host, the runtime's bundle, containerd's images. */
function furnish({ home, pauseImage, commands }: Installation, machine: MachineRecord): void {
  const paths = machinePaths(home, machine.name);
  for (const folder of [paths.bundle, paths.upper, paths.work, paths.rootfs, ...Object.values(paths.volumes)]) {
    mkdirSync(folder, { recursive: true });
  }
  const crun = existsSync('/usr/bin/crun') ? '/usr/bin/crun' : undefined;
  for (const file of machineFiles({ machine, commands, containerd: { pauseImage, crun, systemd: machine.systemd } })) {
    const path = join(paths.upper, file.path);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, file.content, { mode: file.mode ?? 0o644 });
  }
  seedContainerdRoot(home, machine.template, paths.volumes['/var/lib/containerd'] as string);
}
