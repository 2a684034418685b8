import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';

const program = resolve(import.meta.dirname, '../../apps/typernetes/src/main.ts');

export interface Outcome {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The typernetes command line on a home of its own. */
export interface CommandLine {
  start(...args: string[]): { readonly child: ChildProcess; readonly outcome: Promise<Outcome> };
  /** Runs to the end; rejects unless the exit code is 0. */
  run(...args: string[]): Promise<string>;
  /** Runs a shell script in a machine; rejects unless its exit code is 0. */
  inMachine(name: string, script: string): Promise<string>;
}

export function commandLineFor(home: string): CommandLine {
  const start: CommandLine['start'] = (...args) => {
    const child = spawn(process.execPath, [program, ...args], {
      env: { ...process.env, TYPERNETES_HOME: home },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data: Buffer) => {
      stdout += data;
    });
    child.stderr.on('data', (data: Buffer) => {
      stderr += data;
    });
    const outcome = new Promise<Outcome>((settle, reject) => {
      child.on('error', reject).on('close', (exitCode) => settle({ exitCode, stdout, stderr }));
    });
    return { child, outcome };
  };
  const run: CommandLine['run'] = async (...args) => {
    const { exitCode, stdout, stderr } = await start(...args).outcome;
    if (exitCode !== 0) throw new Error(`typernetes ${args.join(' ')}: exit code ${exitCode}\n${stdout}${stderr}`);
    return stdout;
  };
  return { start, run, inMachine: (name, script) => run('machine', 'exec', name, '--', 'sh', '-c', script) };
}
