import { type FlagSpecs, type ParsedArguments, parseFlags } from '@typernetes/process';
import type { CommandDeps } from '../command-deps.ts';
import type { PhaseMenu } from './phase-menu.ts';

/** A command as data: its name, its flags and its action. */
export interface Command<S extends FlagSpecs = FlagSpecs> {
  /** Its words on the command line: `token create`. */
  readonly path: string;
  readonly use: string;
  readonly short: string;
  readonly flags: S;
  /** Whether further arguments are accepted and ignored, as by upstream's `reset`. */
  readonly ignoresWords?: boolean;
  /** The flags that all commands of its group take; help lists them separately. */
  readonly groupFlags?: readonly (keyof S & string)[];
  /** The phases that may be named after the command. */
  readonly menu?: PhaseMenu;
  /** Printed after the flags' help. */
  readonly more?: () => string;
  run(given: ParsedArguments<S>, deps: CommandDeps, signal: AbortSignal): Promise<void>;
}

/** klog's flags that upstream's help hides. */
const hiddenFlags = {
  alsologtostderr: { type: 'boolean', help: 'log to standard error as well as files', default: false, hidden: true },
  'log-backtrace-at': { type: 'string', help: 'where to write a stack trace', default: '', hidden: true },
  'log-dir': { type: 'string', help: 'write log files in this directory', default: '', hidden: true },
  'log-flush-frequency': { type: 'duration', help: 'time between log flushes', default: 5000, hidden: true },
  logtostderr: { type: 'boolean', help: 'log to standard error instead of files', default: true, hidden: true },
  stderrthreshold: { type: 'string', help: 'logs from this level on go to stderr', default: '2', hidden: true },
  vmodule: { type: 'string', help: 'levels of files, as PATTERN=N', default: '', hidden: true },
} as const satisfies FlagSpecs;

/** Flags that every command takes. Of klog's flags `-v` and `--skip-headers` have an effect; the others are accepted: logs go to standard error, nowhere else. */
export const globalFlags = {
  'add-dir-header': {
    type: 'boolean',
    help: 'If true, adds the file directory to the header of the log messages',
    default: false,
  },
  help: { type: 'boolean', short: 'h', help: 'help for the command', default: false },
  'log-file': {
    type: 'string',
    help: 'If non-empty, use this log file (no effect when -logtostderr=true)',
    default: '',
  },
  'log-file-max-size': {
    type: 'number',
    typeName: 'uint',
    help: 'Defines the maximum size a log file can grow to (no effect when -logtostderr=true). Unit is megabytes. If the value is 0, the maximum file size is unlimited.',
    default: 1800,
  },
  'one-output': {
    type: 'boolean',
    help: 'If true, only write logs to their native severity level (vs also writing to each lower severity level; no effect when -logtostderr=true)',
    default: false,
  },
  rootfs: {
    type: 'string',
    help: "The path to the 'real' host root filesystem. This will cause kubeadm to chroot into the provided path.",
    default: '',
  },
  'skip-headers': {
    type: 'boolean',
    help: 'If true, avoid header prefixes in the log messages',
    default: false,
  },
  'skip-log-headers': {
    type: 'boolean',
    help: 'If true, avoid headers when opening log files (no effect when -logtostderr=true)',
    default: false,
  },
  ...hiddenFlags,
  v: { type: 'number', short: 'v', help: 'number for the log level verbosity', default: 0, typeName: 'Level' },
} as const satisfies FlagSpecs;

/** Types `run` by the command's own flags, and hides these types from code that handles any command. */
export function defineCommand<S extends FlagSpecs>(command: Command<S>): Command {
  return {
    ...command,
    run: (given, deps, signal) => command.run(given as unknown as ParsedArguments<S>, deps, signal),
  };
}

export function parseCommandLine(command: Command, args: readonly string[]): ParsedArguments<FlagSpecs> {
  return parseFlags({ ...command.flags, ...globalFlags }, args);
}
