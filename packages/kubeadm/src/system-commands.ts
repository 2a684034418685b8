import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { systemClock } from '@typernetes/base';
import { formatDuration } from '@typernetes/process';
import { usualLimitMs } from './command-limits.ts';
import type { CommandResult, Commands } from './host.ts';

type Child = ChildProcessByStdio<null, Readable, Readable>;

type Environment = Readonly<Record<string, string | undefined>>;

/** Programs of this machine, with `environment` and by its PATH. */
export function systemCommands(environment: Environment): Commands {
  return {
    run: (program, args, { limitMs = usualLimitMs } = {}) => {
      const child = spawn(program, args, {
        env: environment as NodeJS.ProcessEnv,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      return resultOf(child, { line: [program, ...args].join(' '), limitMs });
    },
    async find(program) {
      for (const folder of (environment.PATH ?? '').split(delimiter)) {
        const path = join(folder, program);
        const executable = await access(path, constants.X_OK).then(
          () => true,
          () => false,
        );
        if (folder !== '' && executable) return path;
      }
      return undefined;
    },
  };
}

function resultOf(child: Child, { line, limitMs }: { line: string; limitMs: number }): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const said = collect(child);
    const cancel = systemClock.after(limitMs, () => {
      child.kill('SIGKILL');
      // One that the kernel does not let go of is not waited for, nor is what it started.
      child.stdout.destroy();
      child.stderr.destroy();
      child.unref();
      reject(new Error(`"${line}" did not end within ${formatDuration(limitMs)} and was killed`));
    });
    child.once('error', (error) => {
      cancel();
      reject(error);
    });
    // A service that the program leaves running may keep the pipes: the program's own end is what counts.
    child.once('exit', async (code) => {
      cancel();
      await drained(said);
      for (const pipe of [child.stdout, child.stderr]) letGo(pipe);
      resolve({ code: code ?? 128, stdout: said.stdout, stderr: said.stderr });
    });
  });
}

/** What a program has said so far. */
interface Said {
  stdout: string;
  stderr: string;
  /** How many of the two pipes nobody holds any more. */
  ended: number;
}

function collect(child: Child): Said {
  const said: Said = { stdout: '', stderr: '', ended: 0 };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]
      .setEncoding('utf8')
      .on('data', (text: string) => {
        said[name] += text;
      })
      .once('close', () => {
        said.ended += 1;
      });
  }
  return said;
}

/** More than the kernel keeps for a reader: all beyond was written after the program's end. */
const mostLeftBehind = 1024 ** 2;

/**
 * Resolves when both pipes have ended, or there is nothing more in them: what a program writes right before its end may be read only after that
 * is known.
 */
async function drained(said: Said): Promise<void> {
  const length = (): number => said.stdout.length + said.stderr.length;
  const atEnd = length();
  for (let before = -1; said.ended < 2 && before < length() && length() - atEnd < mostLeftBehind; ) {
    before = length();
    // The first comes before the event loop looks at the pipes, the second after.
    await setImmediate();
    await setImmediate();
  }
}

/** Whoever still holds the other end of the pipe may go on writing, and does not keep this process from ending. */
function letGo(pipe: Readable): void {
  pipe.removeAllListeners('data').resume();
  (pipe as Readable & { unref?(): void }).unref?.();
}
