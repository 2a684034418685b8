import { type ChildProcess, spawn } from 'node:child_process';

export interface Outcome {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * A running command. `outcome` resolves when it has ended, whatever its exit code; it rejects when it could not be
 * started.
 */
export interface RunningCommand {
  readonly child: ChildProcess;
  /**
   * Resolves to its standard output so far once that matches. Rejects, with all its output, when the command ends
   * before.
   */
  until(pattern: RegExp): Promise<string>;
  readonly outcome: Promise<Outcome>;
}

export interface CommandSettings {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Its standard input; empty by default. */
  readonly input?: string;
  /** Keeps the input open until the command ends, like a terminal on which the user has typed the input. */
  readonly staysOpen?: boolean;
}

export function startCommand(
  command: readonly string[],
  { input, staysOpen = false, ...settings }: CommandSettings = {},
): RunningCommand {
  const [file = '', ...args] = command;
  const child = spawn(file, args, { ...settings, stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  // A command that ends without reading its input is judged by its exit code.
  child.stdin?.on('error', () => undefined).write(input ?? '');
  if (!staysOpen) child.stdin?.end();
  const outcome = new Promise<Outcome>((settle, reject) => {
    child.on('error', reject).on('close', (exitCode) => settle({ exitCode, stdout, stderr }));
  });
  const until = (pattern: RegExp): Promise<string> =>
    new Promise((settle, reject) => {
      const look = (): void => {
        if (pattern.test(stdout)) settle(stdout);
      };
      child.stdout?.on('data', look);
      outcome.then(({ exitCode }) => {
        look();
        reject(new Error(`${command.join(' ')}: exit code ${exitCode} before ${pattern}\n${stdout}${stderr}`));
      }, reject);
      look();
    });
  return { child, until, outcome };
}

/** The standard output of a successful command; throws with all its output unless its exit code is 0. */
export function stdoutOf(what: string, { exitCode, stdout, stderr }: Outcome): string {
  if (exitCode !== 0) throw new Error(`${what}: exit code ${exitCode}\n${stdout}${stderr}`);
  return stdout;
}
