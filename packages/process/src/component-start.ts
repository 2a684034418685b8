import { aggregateText, type Clock, type Logger } from '@typernetes/base';
import { type AcceptedFlags, type ComponentArguments, readComponentLine } from './component-flags.ts';
import { componentLogger, logFlags, logSettings } from './component-log.ts';
import type { FlagSpecs, ParsedFlags } from './flags.ts';
import type { Verbosity } from './verbosity.ts';

/** The parts of the process that a component's start uses. */
export interface StartHost {
  readonly pid: number;
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

export interface Component<S extends FlagSpecs> {
  readonly name: string;
  /** The component's name in log lines; default: its name. */
  readonly source?: string;
  /** {@link programFlags} among them, and {@link logFlags} or `v` alone. */
  readonly specs: S;
  readonly accepted?: AcceptedFlags;
  readonly version: string;
  readonly clock: Clock;
  /** The problems with flags that can be parsed individually. */
  problems?(flags: ParsedFlags<NoInfer<S>>): readonly string[];
}

export interface StartedComponent<S extends FlagSpecs> extends ComponentArguments<S> {
  readonly log: Logger;
  /** The log's verbosity; may be changed at run time. */
  readonly verbosity: Verbosity;
}

/**
 * Parses a component's command line and opens its log, which begins with the warnings about the flags. Undefined when
 * only help or the version was requested. Throws all problems at once, in the form of upstream's aggregated errors.
 */
export function startComponent<S extends FlagSpecs>(
  { pid, stdout, stderr }: StartHost,
  { name, source = name, specs, accepted = {}, version, clock, problems = () => [] }: Component<S>,
  args: readonly string[],
): StartedComponent<S> | undefined {
  const print = (text: string): void => void stdout.write(text);
  const line = readComponentLine({ name, specs, accepted, version, print }, args);
  if (!line) return undefined;
  const wrong = problems(line.flags);
  if (wrong.length > 0) throw new Error(aggregateText(wrong));
  const flags = line.flags as Partial<ParsedFlags<typeof logFlags>>;
  const settings = Object.hasOwn(specs, 'vmodule')
    ? logSettings(flags as ParsedFlags<typeof logFlags>)
    : { verbosity: flags.v ?? logFlags.v.default };
  const verbosity = { level: 0 };
  const log = componentLogger(settings, { stream: stderr, clock, pid, source, verbosity });
  for (const warning of line.warnings) log.warn(warning);
  return { ...line, log, verbosity };
}
