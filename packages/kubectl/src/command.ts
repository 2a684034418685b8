import { type FlagSpecs, type ParsedArguments, parseFlags } from '@typernetes/process';
import { type GlobalFlags, globalFlags } from './global-flags.ts';
import { kustomizationMark, misusedFiles } from './manifests/file-marks.ts';
import type { OfflineSession, Session } from './session.ts';

/** A command is data: what it is called, which flags it takes, and what it does. */
export interface Command<S extends FlagSpecs = FlagSpecs> {
  readonly use: string;
  readonly short: string;
  readonly flags: S;
  /** Flags that may not be left out, in the order of their names. */
  readonly required?: readonly string[];
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
  readonly raw?: string;
  readonly recursive?: boolean;
}

export function parseCommandLine(command: Command, args: readonly string[]): ParsedArguments<FlagSpecs & GlobalFlags> {
  const given = parseFlags<FlagSpecs>({ ...globalFlags, ...command.flags }, args, { wholeNumbers: true });
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
  const { kustomize, raw = '', filename, recursive } = parsed.flags as FileFlags;
  if (typeof kustomize !== 'string' || kustomize === '' || !Object.hasOwn(command.flags, 'filename'))
    return parsed as ParsedArguments<FlagSpecs & GlobalFlags>;
  const mistakes = [
    ...(filename !== undefined && filename.length > 0 ? ['only one of -f or -k can be specified'] : []),
    ...(recursive ? ["the -k flag can't be used with -f or -R"] : []),
  ];
  // One more kind of file, to whoever reads files; what is wrong with the rest of the line is told before what is wrong with these.
  const named = mistakes.length > 0 ? misusedFiles + mistakes.join('\n') : kustomizationMark + kustomize;
  // What is sent as it is comes of files alone.
  const flags = { ...parsed.flags, filename: raw === '' ? [named] : (filename ?? []) };
  return { ...parsed, flags } as unknown as ParsedArguments<FlagSpecs & GlobalFlags>;
}
