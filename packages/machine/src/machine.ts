import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { type Clock, timestamp } from '@typernetes/base';
import { removeCgroup, removeEmptyCgroup } from './cgroups.ts';
import { CommandError, run, runOn } from './command.ts';
import { exclusively } from './exclusive.ts';
import {
  address6Of,
  ensureFabric,
  fabricAddresses,
  fabricGateway,
  fabricGateway6,
  fabricOf,
  plugIn,
  removeFabric,
  unplug,
} from './fabric.ts';
import { ensureTemplate, seedContainerdRoot, templatesInside } from './image-template.ts';
import { homePaths, type Installation, installationLock, instanceName } from './installation.ts';
import { machineFiles } from './machine-files.ts';
import {
  freeAddress,
  type MachinePhase,
  type MachineRecord,
  machineNames,
  machinePaths,
  phaseOf,
  readMachine,
  writeMachine,
} from './machine-state.ts';
import { identifyProcess, isSameProcess } from './process-identity.ts';
import { ensureRegistry, fillRegistry } from './registry.ts';
import { capabilityNames, machineBundle } from './runc-bundle.ts';

/** SIGRTMIN+3: what systemd, as the first process of a container, takes for a halt. */
const haltSignal = 37;

const initProgram = resolve(import.meta.dirname, '../init.sh');

export interface MachineContext {
  readonly installation: Installation;
  readonly clock: Clock;
  /** Told in a line each what takes longer than a moment. */
  readonly report: (line: string) => void;
}

/** What it takes to find machines and clusters, and to run commands in machines. */
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

/** Makes a machine and starts it; its containerd answers when this resolves. Removes what it made if it fails. */
export async function createMachine(
  context: MachineContext,
  wanted: { name: string; cluster?: string; systemd?: boolean },
): Promise<MachineRecord> {
  const { home } = context.installation;
  checkName(wanted.name);
  const machine = await exclusively(installationLock(home), async () => {
    await sweep(context);
    if (machineNames(home).includes(wanted.name)) throw new Error(`Cannot create machine "${wanted.name}": it exists`);
    await refuseOverlay(home);
    const { images, registryImages, programs } = context.installation;
    const template = await ensureTemplate(home, images, { node: join(programs, 'node'), report: context.report });
    fillRegistry(home, registryImages);
    const others = machineNames(home).flatMap((name) => readMachine(home, name) ?? []);
    const record: MachineRecord = {
      name: wanted.name,
      cluster: wanted.cluster,
      systemd: wanted.systemd ?? false,
      address: freeAddress(fabricAddresses, others),
      phase: 'creating',
      creator: identifyProcess(process.pid),
      init: undefined,
      template,
      programs,
      created: timestamp(context.clock.now()),
    };
    writeMachine(home, record);
    const fabric = fabricOf(instanceName(home));
    await ensureFabric(fabric);
    await ensureRegistry(home, fabric);
    return record;
  });
  try {
    furnish(context.installation, machine);
    return await boot(context, machine);
  } catch (error) {
    await deleteMachine(context, machine.name);
    throw error;
  }
}

/** Starts a stopped machine; it comes up with everything that was on its disk. */
export async function startMachine(context: MachineContext, name: string): Promise<MachineRecord> {
  const machine = existing(context, name);
  if (phaseOf(machine) === 'running') return machine;
  await tearDown(context, machine);
  await exclusively(installationLock(context.installation.home), async () => {
    const fabric = fabricOf(instanceName(context.installation.home));
    await ensureFabric(fabric);
    await ensureRegistry(context.installation.home, fabric);
  });
  return boot(context, machine);
}

/** Stops a machine: in order, or with `force` as if its power were cut. */
export async function stopMachine(context: MachineContext, name: string, options: { force: boolean }): Promise<void> {
  const machine = existing(context, name);
  if (!options.force && machine.init && phaseOf(machine) === 'running') {
    process.kill(machine.init.pid, machine.systemd ? haltSignal : 'SIGTERM');
    const patience = context.clock.monotonic() + 30_000;
    while (isSameProcess(machine.init) && context.clock.monotonic() < patience) await context.clock.sleep(10);
  }
  await tearDown(context, machine);
  writeMachine(context.installation.home, { ...machine, phase: 'stopped', init: undefined });
}

/** Removes a machine and all its traces, in whatever state it is; the last one takes the fabric with it. A machine that does not exist is no error. */
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

/** The command that runs `command` in the machine, on the terminal if `terminal`. Throws when the machine does not run. */
export function commandInMachine(
  context: HomeContext,
  name: string,
  command: readonly string[],
  options: { terminal?: boolean } = {},
): string[] {
  const machine = existing(context, name);
  if (phaseOf(machine) !== 'running')
    throw new Error(`Cannot run a command in machine "${name}": it is ${phaseOf(machine)}`);
  return [...runc(context), 'exec', ...(options.terminal ? ['--tty'] : []), name, ...command];
}

/** Runs a command in the machine and returns its standard output. Throws CommandError. */
export function runInMachine(
  context: HomeContext,
  name: string,
  command: readonly string[],
  options: Parameters<typeof run>[1] = {},
): Promise<string> {
  return run(commandInMachine(context, name, command), options);
}

/** Runs a command in the machine on our own standard streams and returns its exit code. */
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

/**
 * Starts the machine's first process and waits for its containerd. The root filesystem is mounted in a mount namespace of its own,
 * so that nothing is left to unmount however the machine ends; a runtime that is still at work ends with us.
 */
async function boot(context: MachineContext, machine: MachineRecord): Promise<MachineRecord> {
  const { home } = context.installation;
  const paths = machinePaths(home, machine.name);
  writeFileSync(join(paths.bundle, 'config.json'), JSON.stringify(bundleOf(home, machine)));
  const pidFile = join(paths.root, 'pid');
  const overlay = `lowerdir=/,upperdir=${paths.upper},workdir=${paths.work}`;
  const create = [...runc(context), 'create', '--bundle', paths.bundle, '--pid-file', pidFile, machine.name];
  const script = 'mount -t overlay overlay -o "$1" "$2" && shift 2 && exec "$@"';
  const log = openSync(paths.log, 'a');
  const command = [
    'setpriv',
    '--pdeathsig',
    'KILL',
    'unshare',
    '--mount',
    'sh',
    '-c',
    script,
    'sh',
    overlay,
    paths.rootfs,
  ];
  const exitCode = await runOn([...command, ...create], ['ignore', log, log]);
  if (exitCode !== 0) {
    throw new CommandError('runc create', { exitCode, stderr: readFileSync(paths.log, 'utf8').slice(-2000) });
  }
  const init = identifyProcess(Number(readFileSync(pidFile, 'utf8')));
  await plugIn(fabricOf(instanceName(home)), { address: machine.address, pid: init.pid });
  await run([...runc(context), 'start', machine.name]);
  await untilContainerdAnswers(context, { init, log: paths.log });
  const running: MachineRecord = { ...machine, phase: 'running', init };
  writeMachine(home, running);
  return running;
}

function bundleOf(home: string, machine: MachineRecord): object {
  const paths = machinePaths(home, machine.name);
  const effective = /^CapEff:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  return machineBundle({
    hostname: machine.name,
    rootfs: paths.rootfs,
    cgroup: `/${cgroupOf(home, machine.name)}`,
    initProgram: '/usr/local/sbin/machine-init',
    environment: {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: '/root',
      LANG: 'C.UTF-8',
      container: 'typernetes',
      MACHINE_ADDRESS: machine.address,
      MACHINE_GATEWAY: fabricGateway,
      MACHINE_ADDRESS6: address6Of(machine.address),
      MACHINE_GATEWAY6: fabricGateway6,
    },
    capabilities: capabilityNames(effective),
    volumes: paths.volumes,
    readOnlyVolumes: {
      [templatesInside]: homePaths(home).templates,
      '/usr/local/lib/typernetes': machine.programs,
      '/usr/local/sbin/machine-init': initProgram,
    },
  });
}

async function untilContainerdAnswers(
  { clock }: MachineContext,
  machine: { init: MachineRecord['init']; log: string },
): Promise<void> {
  const { init } = machine;
  while (init && isSameProcess(init)) {
    if (await answers(`/proc/${init.pid}/root/run/containerd/containerd.sock`)) return;
    await clock.sleep(5);
  }
  throw new Error(
    `Cannot start the machine: it ended at once: ${readFileSync(machine.log, 'utf8').slice(-2000).trim()}`,
  );
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    const settle = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.on('connect', () => settle(true)).on('error', () => settle(false));
  });
}

/** Ends whatever of the machine runs and removes what the kernel knows of it; its folders stay. */
async function tearDown(
  context: MachineContext,
  machine: Pick<MachineRecord, 'name'> & Partial<MachineRecord>,
): Promise<void> {
  const { home } = context.installation;
  if (existsSync(join(homePaths(home).runc, machine.name))) {
    await run([...runc(context), 'delete', '--force', machine.name]);
  }
  while (machine.init && isSameProcess(machine.init)) await context.clock.sleep(5);
  await removeCgroup(cgroupOf(home, machine.name), context.clock);
  if (machine.address) await unplug(fabricOf(instanceName(home)), machine.address);
}

async function removeMachine(context: MachineContext, name: string): Promise<void> {
  const { home } = context.installation;
  const { root } = machinePaths(home, name);
  if (!existsSync(root)) return;
  await tearDown(context, readMachine(home, name) ?? { name });
  const { trash } = homePaths(home);
  mkdirSync(trash, { recursive: true });
  renameSync(root, join(trash, `${name}-${context.clock.now()}`));
}

/** Removes machines whose creation was cut off, the fabric and cgroups when nobody needs them, and the folders of deleted machines. */
async function sweep(context: MachineContext): Promise<void> {
  const { home } = context.installation;
  for (const name of machineNames(home)) {
    const machine = readMachine(home, name);
    if (!machine || phaseOf(machine) === 'broken') await removeMachine(context, name);
  }
  const { trash, runc: runtimeState } = homePaths(home);
  if (machineNames(home).length === 0) {
    await removeFabric(fabricOf(instanceName(home)));
    removeEmptyCgroup(`typernetes/${instanceName(home)}`);
    removeEmptyCgroup('typernetes');
    rmSync(runtimeState, { recursive: true, force: true });
  }
  if (existsSync(trash)) {
    const entries = readdirSync(trash).map((entry) => join(trash, entry));
    // Deleting unpacked images takes seconds; nobody waits for it, and what a cut-off deletion leaves is taken up next time.
    if (entries.length > 0) spawn('rm', ['-rf', '--', ...entries], { detached: true, stdio: 'ignore' }).unref();
  }
}

const runc = ({ installation }: HomeContext): readonly string[] => [
  'runc',
  '--root',
  homePaths(installation.home).runc,
];

const cgroupOf = (home: string, name: string): string => `typernetes/${instanceName(home)}/${name}`;
