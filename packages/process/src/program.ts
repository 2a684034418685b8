import { messagesOf } from '@typernetes/base';
import { FlagError } from './flags.ts';

/** The parts of the process that a program uses; `main.ts` passes the global one. */
export interface ProgramHost {
  readonly argv: readonly string[];
  exitCode?: string | number | null | undefined;
  readonly stderr: { write(text: string): unknown };
  once(event: string, listener: () => void): unknown;
  removeListener(event: string, listener: () => void): unknown;
  exit(code: number): unknown;
}

export type StopSignal = 'SIGTERM' | 'SIGINT' | 'SIGHUP';

/** A program ended as intended, with a code other than 0 and nothing more to print. */
export class ExitError extends Error {
  override readonly name = 'ExitError';
  readonly code: number;
  constructor(code: number, message = '') {
    super(message);
    this.code = code;
  }
}

/**
 * An AbortSignal that aborts on the first of the signals. A second one ends the process at once with code 1, as upstream's
 * components do. Call `release` when done, so that the listeners keep nothing alive, or `end`, which aborts the signal too.
 */
export function untilSignal(
  host: Pick<ProgramHost, 'once' | 'removeListener' | 'exit'>,
  names: readonly StopSignal[] = ['SIGTERM', 'SIGINT'],
): { readonly signal: AbortSignal; release(): void; end(): void } {
  const stop = new AbortController();
  const exit = (): void => void host.exit(1);
  const abort = (): void => {
    stop.abort();
    for (const name of names) {
      host.removeListener(name, abort);
      host.once(name, exit);
    }
  };
  for (const name of names) host.once(name, abort);
  const release = (): void => {
    for (const name of names) {
      host.removeListener(name, abort);
      host.removeListener(name, exit);
    }
  };
  return {
    signal: stop.signal,
    release,
    end: () => {
      release();
      stop.abort();
    },
  };
}

/**
 * Runs a program to its end and leaves its exit code with the host: 0 when `main` returns, an ExitError's own code, 1 for every
 * other failure, which is printed as `Error: ...` on stderr (a wrong command line with the hint to `--help`).
 */
export async function runProgram(
  host: ProgramHost,
  name: string,
  main: (args: readonly string[], signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = untilSignal(host);
  try {
    await main(host.argv.slice(2), stop.signal);
  } catch (error) {
    const code = error instanceof ExitError ? error.code : 1;
    const text = messagesOf(error);
    if (text !== '') host.stderr.write(`Error: ${text}\n`);
    if (error instanceof FlagError) host.stderr.write(`See '${name} --help' for usage.\n`);
    host.exitCode = code;
    // A failure aborts nothing by itself, and what goes on until the signal would keep the process.
    stop.end();
  } finally {
    stop.release();
  }
}
