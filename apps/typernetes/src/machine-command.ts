import {
  attachToMachine,
  createMachine,
  deleteMachine,
  listMachines,
  startMachine,
  stopMachine,
} from '@typernetes/machine';
import { FlagError, parseFlags } from '@typernetes/process';
import { table } from './table.ts';
import { preparedContext, presentContext, print } from './terminal.ts';

const flagSpecs = {
  force: { type: 'boolean', help: 'stop as if the power were cut', default: false },
  link: { type: 'number', help: 'link of the machine, 0 to 9; a router joins them', default: 0 },
  systemd: { type: 'boolean', help: 'let systemd be the first process of the machine', default: false },
  tty: { type: 'boolean', short: 't', help: 'give the command a terminal', default: false },
} as const;

/** `typernetes machine …`. Returns the exit code. */
export async function machineCommand(args: readonly string[]): Promise<number> {
  const [verb, ...rest] = args;
  const { flags, positional, rest: command } = parseFlags(flagSpecs, rest);
  const [name = '', ...more] = positional;
  if (verb !== 'list' && name === '') throw new FlagError('Name a machine');
  switch (verb) {
    case 'create': {
      const { address } = await createMachine(await preparedContext(), {
        name,
        systemd: flags.systemd,
        link: flags.link,
      });
      print(`machine/${name} created, address ${address}\n`);
      return 0;
    }
    case 'list': {
      const machines = listMachines(presentContext());
      const rows = machines.map((m) => [m.name, m.phase, m.address, m.cluster ?? '', m.created]);
      print(table(['NAME', 'STATUS', 'ADDRESS', 'CLUSTER', 'CREATED'], rows));
      return 0;
    }
    case 'shell':
      return attachToMachine(presentContext(), name, ['bash', '-l'], { terminal: process.stdin.isTTY === true });
    case 'exec':
      return attachToMachine(presentContext(), name, command ?? more, { terminal: flags.tty });
    case 'stop':
      await stopMachine(presentContext(), name, { force: flags.force });
      print(`machine/${name} stopped\n`);
      return 0;
    case 'start':
      await startMachine(presentContext(), name);
      print(`machine/${name} started\n`);
      return 0;
    case 'delete':
      for (const each of positional) {
        await deleteMachine(presentContext(), each);
        print(`machine/${each} deleted\n`);
      }
      return 0;
    default:
      throw new FlagError(`Unknown command "machine ${verb ?? ''}"`);
  }
}
