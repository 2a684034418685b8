import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, messagesOf } from '@typernetes/base';
import { removeCgroup, removeEmptyCgroup } from './cgroups.ts';
import { run, startDetached } from './command.ts';
import { fabricOf, removeFabric, unplug } from './fabric.ts';
import { homePaths, instanceName } from './installation.ts';
import type { MachineContext } from './machine-context.ts';
import {
  cgroupOf,
  type MachineRecord,
  machineNames,
  machinePaths,
  phaseOf,
  readMachine,
  runtimeOf,
} from './machine-state.ts';
import { isSameProcess, type ProcessIdentity } from './process-identity.ts';

/** How long killed processes may take to end: seconds on a busy host. */
const endPatienceMs = 30_000;

/**
 * Ends all processes of the machine and removes its kernel objects (cgroup, network link); its folders stay. A failing runtime is only reported: it would have
 * little to do. Throws an Error that names what could not be removed; another call continues from there.
 */
export async function tearDown(
  context: MachineContext,
  machine: Pick<MachineRecord, 'name'> & Partial<MachineRecord>,
): Promise<void> {
  const { home } = context.installation;
  const { name } = machine;
  const left: string[] = [];
  const attempt = async (what: string, work: () => Promise<void>): Promise<void> => {
    await work().catch((error: unknown) => void left.push(`${what}: ${messagesOf(error)}`));
  };
  const state = join(homePaths(home).runc, name);
  if (existsSync(state)) {
    const failure = await run([...runtimeOf(home), 'delete', '--force', name]).then(() => undefined, messagesOf);
    if (failure !== undefined) context.report(`Ending machine "${name}" without its runtime: ${failure}`);
  }
  const { init } = machine;
  if (init && isSameProcess(init)) {
    kill(init);
    await attempt(`process ${init.pid}`, () => untilEnded(context, init));
  }
  await attempt('its cgroup', () => removeCgroup(cgroupOf(home, name), context.clock));
  // While anything is left, the runtime keeps its record of the machine.
  if (left.length === 0) rmSync(state, { recursive: true, force: true });
  if (machine.address) {
    const { address } = machine;
    await attempt('its link', () => unplug(fabricOf(instanceName(home)), address));
  }
  if (left.length > 0) throw new Error(`Cannot end all of machine "${name}": what is left: ${left.join('; ')}`);
}

function kill({ pid }: ProcessIdentity): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error;
  }
}

async function untilEnded({ clock }: MachineContext, init: ProcessIdentity): Promise<void> {
  const patience = clock.monotonic() + endPatienceMs;
  while (isSameProcess(init)) {
    if (clock.monotonic() > patience) throw new Error(`it does not end within ${endPatienceMs / 1000} s`);
    await clock.sleep(5);
  }
}

/** Removes a machine and its folders. The record goes last, so that a later call finds what could not be removed now. */
export async function removeMachine(context: MachineContext, name: string): Promise<void> {
  const { home } = context.installation;
  const { root } = machinePaths(home, name);
  if (!existsSync(root)) return;
  await tearDown(context, readMachine(home, name) ?? { name });
  const { trash } = homePaths(home);
  mkdirSync(trash, { recursive: true });
  renameSync(root, join(trash, `${name}-${context.clock.now()}`));
}

/** Removes machines whose creation was interrupted, the fabric and cgroups that are no longer used, and the folders of deleted machines. */
export async function sweep(context: MachineContext): Promise<void> {
  const { home } = context.installation;
  for (const name of machineNames(home)) {
    const machine = readMachine(home, name);
    if (machine && phaseOf(machine) !== 'broken') continue;
    // Leftovers of another machine do not stop the requested work.
    await removeMachine(context, name).catch((error: unknown) => context.report(messagesOf(error)));
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
    // Deleting unpacked images takes seconds and is not waited for; the next run finishes an interrupted deletion.
    if (entries.length > 0) await startDetached(['rm', '-rf', '--', ...entries], 'ignore');
  }
}
