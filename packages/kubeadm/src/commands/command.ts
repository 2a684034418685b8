import type { Clock } from '@typernetes/base';
import type { ApiClient } from '@typernetes/client';
import { type FlagSpecs, type ParsedArguments, parseFlags } from '@typernetes/process';
import type { Host } from '../host.ts';
import type { Output } from '../output.ts';
import type { PodRemover } from '../reset/reset-context.ts';
import type { PhaseMenu } from './phase-help.ts';

/** Everything a command of kubeadm takes from outside. */
export interface CommandDeps {
  readonly host: Host;
  readonly output: Output;
  readonly clock: Clock;
  /** A client for the text of a kubeconfig. */
  connect(kubeconfig: string): ApiClient;
  newToken(): string;
  /** One line from the user. */
  ask(): Promise<string>;
  pods(criSocket: string): Promise<PodRemover>;
  images(criSocket: string): Promise<ImagePuller>;
}

/** The images of a machine, as its container runtime knows them. */
export interface ImagePuller {
  has(image: string): Promise<boolean>;
  pull(image: string): Promise<void>;
  close(): void;
}

/** A command is data: its name, its flags and what it does. */
export interface Command<S extends FlagSpecs = FlagSpecs> {
  /** The words that lead to it: `token create`. */
  readonly path: string;
  readonly use: string;
  readonly short: string;
  readonly flags: S;
  /** The phases that may be named after the command. */
  readonly menu?: PhaseMenu;
  /** Printed after the flags' help. */
  readonly more?: () => string;
  run(given: ParsedArguments<S>, deps: CommandDeps, signal: AbortSignal): Promise<void>;
}

/** Flags that every command takes. */
export const globalFlags = {
  v: { type: 'number', short: 'v', help: 'number for the log level verbosity', default: 0, typeName: 'Level' },
  help: { type: 'boolean', short: 'h', help: 'help for the command', default: false },
} as const satisfies FlagSpecs;

/** Gives `run` the types of the command's own flags, and hides them from those who only hold commands. */
export function defineCommand<S extends FlagSpecs>(command: Command<S>): Command {
  return {
    ...command,
    run: (given, deps, signal) => command.run(given as unknown as ParsedArguments<S>, deps, signal),
  };
}

export function parseCommandLine(command: Command, args: readonly string[]): ParsedArguments<FlagSpecs> {
  return parseFlags({ ...command.flags, ...globalFlags }, args);
}
