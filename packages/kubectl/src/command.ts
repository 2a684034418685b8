import { type FlagSpecs, type ParsedArguments, parseFlags } from '@typernetes/process';
import type { Session } from './session.ts';

/** Flags that every command takes. */
export const globalFlags = {
  kubeconfig: { type: 'string', help: 'Path to the kubeconfig file to use for CLI requests.' },
  context: { type: 'string', help: 'The name of the kubeconfig context to use' },
  cluster: { type: 'string', help: 'The name of the kubeconfig cluster to use' },
  user: { type: 'string', help: 'The name of the kubeconfig user to use' },
  namespace: { type: 'string', short: 'n', help: 'If present, the namespace scope for this CLI request' },
  server: { type: 'string', short: 's', help: 'The address and port of the Kubernetes API server' },
  token: { type: 'string', help: 'Bearer token for authentication to the API server' },
  'request-timeout': {
    type: 'string',
    help: 'The length of time to wait before giving up on a single server request.',
  },
  v: { type: 'number', help: 'number for the log level verbosity', default: 0 },
  help: { type: 'boolean', short: 'h', help: 'help for the command', default: false },
} as const satisfies FlagSpecs;

export type GlobalFlags = typeof globalFlags;

/** A command is data: what it is called, which flags it takes, and what it does. */
export interface Command<S extends FlagSpecs = FlagSpecs> {
  readonly use: string;
  readonly short: string;
  readonly flags: S;
  /** Resolves to the exit code; nothing is 0. */
  run(given: ParsedArguments<S>, session: Session, signal: AbortSignal): Promise<number | undefined>;
}

/** Gives `run` the types of the command's own flags, and hides them from those who only hold commands. */
export function defineCommand<S extends FlagSpecs>(command: Command<S>): Command {
  return {
    ...command,
    run: (given, session, signal) => command.run(given as unknown as ParsedArguments<S>, session, signal),
  };
}

export function parseCommandLine(command: Command, args: readonly string[]): ParsedArguments<FlagSpecs & GlobalFlags> {
  return parseFlags({ ...globalFlags, ...command.flags }, args);
}
