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

/** What the kernel takes to end what was killed; on a busy host that is seconds. */
const endPatienceMs = 30_000;

/**
 * Ends whatever of the machine runs and removes what the kernel knows of it; its folders stay. A runtime that fails is done without: what
 * it would have done is little. What does not go away in spite of that is named, and doing it again goes on where this ended.
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
  // Only when nothing of it runs any more is there nothing that the runtime would have to find.
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

/** Removes a machine with its folders. The record goes last: what cannot be removed now is found by it later. */
export async function removeMachine(context: MachineContext, name: string): Promise<void> {
  const { home } = context.installation;
  const { root } = machinePaths(home, name);
  if (!existsSync(root)) return;
  await tearDown(context, readMachine(home, name) ?? { name });
  const { trash } = homePaths(home);
  mkdirSync(trash, { recursive: true });
  renameSync(root, join(trash, `${name}-${context.clock.now()}`));
}

/** Removes machines whose creation was cut off, the fabric and cgroups when nobody needs them, and the folders of deleted machines. */
export async function sweep(context: MachineContext): Promise<void> {
  const { home } = context.installation;
  for (const name of machineNames(home)) {
    const machine = readMachine(home, name);
    if (machine && phaseOf(machine) !== 'broken') continue;
    // Somebody else's leftovers are no reason not to do what was asked.
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
    // Deleting unpacked images takes seconds; nobody waits for it, and what a cut-off deletion leaves is taken up next time.
    if (entries.length > 0) await startDetached(['rm', '-rf', '--', ...entries], 'ignore');
  }
}
