import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { systemClock } from '@typernetes/base';

/** A program that could not be started, did not exit with 0, or did not end in its time; `stderr` is what it said. */
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

interface CommandOptions {
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly signal?: AbortSignal;
  /** The time limit in milliseconds, after which it is killed. Default: {@link hostLimitMs}; Infinity: none. */
  readonly limitMs?: number;
  /** Called with each piece of standard output and standard error as it comes, in addition to what is returned. */
  readonly onOutput?: (text: string) => void;
}

/**
 * The time limit of a command on this host (`ip`, `runc`, `nsenter` …): they take milliseconds, or seconds on a busy
 * host. One that hangs holds the installation's lock, so that nobody could even delete a machine.
 * TYPERNETES_COMMAND_TIMEOUT, in seconds, for hosts that need more.
 */
export const hostLimitMs = Number(process.env.TYPERNETES_COMMAND_TIMEOUT || 60) * 1000;

/** Runs a program to its end and returns its standard output. Throws CommandError. */
export function run(command: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { limitMs = hostLimitMs } = options;
  const [file = '', ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { ...pick(options), stdio: ['pipe', 'pipe', 'pipe'] });
    const limit = limited(child, limitMs, () => {
      // Its children may hold the pipes: do not wait for them.
      child.stdout.destroy();
      child.stderr.destroy();
    });
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
    child.on('error', (error) => {
      limit.release();
      reject(error);
    });
    child.on('close', (exitCode) => {
      limit.release();
      if (exitCode === 0 && !limit.isOver()) resolve(stdout);
      else if (limit.isOver()) reject(tooLong(command, limitMs));
      else reject(new CommandError(file, { exitCode, stderr: stderr || stdout }));
    });
    // A program that ends without reading its input is judged by its exit code.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
  });
}

/**
 * Runs a program on the given streams and returns its exit code; a program ended by a signal counts as 128, without the
 * signal's number. Throws CommandError when it takes longer than `limitMs`.
 */
export function runOn(
  command: readonly string[],
  stdio: SpawnOptions['stdio'],
  { limitMs = Number.POSITIVE_INFINITY }: { limitMs?: number } = {},
): Promise<number> {
  const [file = '', ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio });
    const limit = limited(child, limitMs);
    child.on('error', (error) => {
      limit.release();
      reject(error);
    });
    child.on('close', (exitCode) => {
      limit.release();
      if (limit.isOver()) reject(tooLong(command, limitMs));
      else resolve(exitCode ?? 128);
    });
  });
}

/** Starts a program that outlives us. Rejects when it cannot be started. */
export async function startDetached(command: readonly string[], stdio: SpawnOptions['stdio']): Promise<void> {
  const [file = '', ...args] = command;
  const child = spawn(file, args, { detached: true, stdio });
  await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject));
  child.unref();
}

interface Limit {
  isOver(): boolean;
  release(): void;
}

/** Kills the program when its time is over. */
function limited(child: ChildProcess, ms: number, onOver: () => void = () => {}): Limit {
  let over = false;
  if (!Number.isFinite(ms)) return { isOver: () => false, release: () => {} };
  const release = systemClock.after(ms, () => {
    over = true;
    child.kill('SIGKILL');
    onOver();
  });
  return { isOver: () => over, release };
}

function tooLong(command: readonly string[], limitMs: number): CommandError {
  const line = command.join(' ');
  return new CommandError(line, { exitCode: null, stderr: `it did not end within ${limitMs / 1000} s and was killed` });
}

function pick({ env, cwd, signal }: CommandOptions): SpawnOptions & { stdio?: never } {
  return { ...(env && { env }), ...(cwd && { cwd }), ...(signal && { signal }) };
}
