import { resolve } from 'node:path';
import { type RunningCommand, startCommand, stdoutOf } from '../command.ts';

const program = resolve(import.meta.dirname, '../../apps/typernetes/src/main.ts');

/** The typernetes command line on a home of its own. */
export interface CommandLine {
  start(...args: string[]): RunningCommand;
  /** Runs to the end; rejects unless the exit code is 0. */
  run(...args: string[]): Promise<string>;
  /** Runs a shell script in a machine; rejects unless its exit code is 0. */
  inMachine(name: string, script: string): Promise<string>;
}

export function commandLineFor(home: string): CommandLine {
  const start: CommandLine['start'] = (...args) =>
    startCommand([process.execPath, program, ...args], { env: { ...process.env, TYPERNETES_HOME: home } });
  const run: CommandLine['run'] = async (...args) =>
    stdoutOf(`typernetes ${args.join(' ')}`, await start(...args).outcome);
  return { start, run, inMachine: (name, script) => run('machine', 'exec', name, '--', 'sh', '-c', script) };
}
