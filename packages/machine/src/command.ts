import { type SpawnOptions, spawn } from 'node:child_process';

/** A program that could not be started or did not exit with 0; `stderr` is what it said. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: number | null;
  readonly stderr: string;

  constructor(command: string, outcome: { exitCode: number | null; stderr: string }) {
    super(`Cannot run "${command}": ${outcome.stderr.trim() || `exit code ${outcome.exitCode}`}`);
    this.exitCode = outcome.exitCode;
    this.stderr = outcome.stderr;
  }
}

export interface CommandOptions {
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly signal?: AbortSignal;
  /** Called with each piece of standard output and standard error as it comes, in addition to what is returned. */
  readonly onOutput?: (text: string) => void;
}

/** Runs a program to its end and returns its standard output. Throws CommandError. */
export function run(command: readonly string[], options: CommandOptions = {}): Promise<string> {
  const [file = '', ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { ...pick(options), stdio: ['pipe', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      options.onOutput?.(text);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      options.onOutput?.(text);
    });
    child.on('error', reject);
    child.on('close', (exitCode) => {
      if (exitCode === 0) resolve(stdout);
      else reject(new CommandError(file, { exitCode, stderr: stderr || stdout }));
    });
    // A program that ends without reading its input is judged by its exit code.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
  });
}

/** Runs a program on the given streams and returns its exit code; a program ended by a signal counts as 128 and its number is lost. */
export function runOn(command: readonly string[], stdio: SpawnOptions['stdio']): Promise<number> {
  const [file = '', ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio });
    child.on('error', reject);
    child.on('close', (exitCode) => resolve(exitCode ?? 128));
  });
}

function pick({ env, cwd, signal }: CommandOptions): SpawnOptions & { stdio?: never } {
  return { ...(env && { env }), ...(cwd && { cwd }), ...(signal && { signal }) };
}
