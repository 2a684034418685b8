import { systemClock } from '@typernetes/base';
import {
  attachToMachine,
  createMachine,
  deleteMachine,
  listMachines,
  type MachineContext,
  startMachine,
  stopMachine,
} from '@typernetes/machine';
import { FlagError, parseFlags } from '@typernetes/process';
import { bareInstallation, prepareInstallation } from './installation.ts';
import { table } from './table.ts';

const flagSpecs = {
  force: { type: 'boolean', help: 'stop as if the power were cut', default: false },
  tty: { type: 'boolean', short: 't', help: 'give the command a terminal', default: false },
} as const;

const report = (line: string): void => void process.stderr.write(`${line}\n`);

/** For looking at and ending machines. */
const present = (): MachineContext => ({ installation: bareInstallation(), clock: systemClock, report });

/** `typernetes machine …`. Returns the exit code. */
export async function machineCommand(args: readonly string[]): Promise<number> {
  const [verb, ...rest] = args;
  const { flags, positional, rest: command } = parseFlags(flagSpecs, rest);
  const [name = '', ...more] = positional;
  if (verb !== 'list' && name === '') throw new FlagError('Name a machine');
  switch (verb) {
    case 'create': {
      const context = { ...present(), installation: await prepareInstallation(report) };
      const { address } = await createMachine(context, { name });
      process.stdout.write(`machine/${name} created, address ${address}\n`);
      return 0;
    }
    case 'list': {
      const machines = listMachines(present());
      const rows = machines.map((m) => [m.name, m.phase, m.address, m.cluster ?? '', m.created]);
      process.stdout.write(table(['NAME', 'STATUS', 'ADDRESS', 'CLUSTER', 'CREATED'], rows));
      return 0;
    }
    case 'shell':
      return attachToMachine(present(), name, ['bash', '-l'], { terminal: process.stdin.isTTY === true });
    case 'exec':
      return attachToMachine(present(), name, command ?? more, { terminal: flags.tty });
    case 'stop':
      await stopMachine(present(), name, { force: flags.force });
      process.stdout.write(`machine/${name} stopped\n`);
      return 0;
    case 'start':
      await startMachine(present(), name);
      process.stdout.write(`machine/${name} started\n`);
      return 0;
    case 'delete':
      for (const each of positional) {
        await deleteMachine(present(), each);
        process.stdout.write(`machine/${each} deleted\n`);
      }
      return 0;
    default:
      throw new FlagError(`Unknown command "machine ${verb ?? ''}"`);
  }
}
