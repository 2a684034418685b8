import { type FlagSpecs, type ParsedArguments, parseFlags } from '@typernetes/process';
import { type GlobalFlags, globalFlags } from './global-flags.ts';
import { PlainError } from './io.ts';
import type { OfflineSession, Session } from './session.ts';

/** A command is data: what it is called, which flags it takes, and what it does. */
export interface Command<S extends FlagSpecs = FlagSpecs> {
  readonly use: string;
  readonly short: string;
  readonly flags: S;
  /** Flags that may not be left out, in the order of their names. */
  readonly required?: readonly string[];
  /** Whether the command takes nothing but flags, and says so before what is wrong with its files. */
  readonly takesNoArguments?: boolean;
  /** The exit code of failures, where it is not 1. */
  readonly failureCode?: number;
  /** Whether what is wrong with `-o` is told before anything else. */
  readonly formatFirst?: boolean;
  /** Flags of every command that mean what this one writes: its help shows them as its own. */
  readonly shownGlobals?: readonly (keyof GlobalFlags)[];
  /** Asked first, before kubeconfig and client are even loaded: the exit code, or undefined when the command needs them. */
  runOffline?(given: ParsedArguments<S>, session: OfflineSession): number | undefined;
  /** Resolves to the exit code; nothing is 0. */
  run(given: ParsedArguments<S>, session: Session, signal: AbortSignal): Promise<number | undefined>;
}

/** Gives `run` the types of the command's own flags, and hides them from those who only hold commands. */
export function defineCommand<S extends FlagSpecs>(command: Command<S>): Command {
  return command as unknown as Command;
}

interface FileFlags {
  readonly filename?: readonly string[];
  readonly kustomize?: unknown;
  readonly recursive?: boolean;
}

export function parseCommandLine(command: Command, args: readonly string[]): ParsedArguments<FlagSpecs & GlobalFlags> {
  const given = parseFlags<FlagSpecs>({ ...globalFlags, ...command.flags }, args);
  // Behind "--" nothing is a flag; only some commands have a command of the user's own there.
  const parsed =
    given.rest && !command.use.includes('-- ')
      ? {
          ...given,
          positional: [...given.positional, ...given.rest],
          rest: undefined,
          beforeDashes: given.positional.length,
        }
      : given;
  const { kustomize, filename, recursive } = parsed.flags as FileFlags;
  if (typeof kustomize !== 'string' || kustomize === '' || !Object.hasOwn(command.flags, 'filename'))
    return parsed as ParsedArguments<FlagSpecs & GlobalFlags>;
  // What is wrong with the rest of the line is for the command to say, and comes first.
  const isWrong =
    (command.takesNoArguments && parsed.positional.length > 0) ||
    command.required?.some((name) => !parsed.given.has(name)) === true;
  if (isWrong) return parsed as ParsedArguments<FlagSpecs & GlobalFlags>;
  const mistakes = [
    ...(filename !== undefined && filename.length > 0 ? ['only one of -f or -k can be specified'] : []),
    ...(recursive ? ["the -k flag can't be used with -f or -R"] : []),
  ];
  const [mistake] = mistakes;
  if (mistake !== undefined) {
    // A one of diff's says that there are differences.
    const exitCode = command.failureCode ?? 1;
    if (mistakes.length > 1) throw new PlainError(mistakes.map((text) => `${text}\n`).join(''), exitCode);
    throw exitCode === 1 ? new Error(mistake) : new PlainError(`error: ${mistake}\n`, exitCode);
  }
  // One more kind of file, to whoever reads files.
  const flags = { ...parsed.flags, filename: [`kustomization:${kustomize}`] };
  return { ...parsed, flags } as unknown as ParsedArguments<FlagSpecs & GlobalFlags>;
}
