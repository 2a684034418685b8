import { resolve } from 'node:path';
import { type RunningCommand, startCommand, stdoutOf } from '../command.ts';

const program = resolve(import.meta.dirname, '../../apps/typernetes/src/main.ts');

/** The typernetes command line with a home of its own. */
export interface CommandLine {
  start(...args: string[]): RunningCommand;
  /** The same with additional environment variables. */
  startWith(environment: Readonly<Record<string, string>>, ...args: string[]): RunningCommand;
  /** Runs to the end; rejects unless the exit code is 0. */
  run(...args: string[]): Promise<string>;
  /** Runs a shell script in a machine; rejects unless its exit code is 0. */
  inMachine(name: string, script: string): Promise<string>;
}

/** With `version`, everything is built as that release: for clusters to upgrade. */
export function commandLineFor(home: string, options: { version?: string } = {}): CommandLine {
  const other = options.version && {
    TYPERNETES_VERSION: options.version,
    NODE_OPTIONS: `--import=${resolve(import.meta.dirname, '../../tools/build-version.ts')}`,
  };
  const startWith: CommandLine['startWith'] = (environment, ...args) =>
    startCommand([process.execPath, program, ...args], {
      env: { ...process.env, ...other, ...environment, TYPERNETES_HOME: home },
    });
  const start: CommandLine['start'] = (...args) => startWith({}, ...args);
  const run: CommandLine['run'] = async (...args) =>
    stdoutOf(`typernetes ${args.join(' ')}`, await start(...args).outcome);
  return { start, startWith, run, inMachine: (name, script) => run('machine', 'exec', name, '--', 'sh', '-c', script) };
}
