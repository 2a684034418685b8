import type { LogFields, Logger } from '@typernetes/base';
import { FlagError, type FlagSpecs, type ParsedFlags } from './flags.ts';
import { jsonLogger } from './json-log.ts';
import { debugVerbosity, type KlogOptions, klogLogger } from './klog.ts';

/** The logging flags of every upstream component. */
export const logFlags = {
  'log-flush-frequency': { type: 'duration', default: 5000, help: 'Has no effect: each line is written at once.' },
  'logging-format': {
    type: 'string',
    default: 'text',
    help: 'Sets the log format. Permitted formats: "json", "text".',
  },
  v: { type: 'number', short: 'v', default: 0, help: 'number for the log level verbosity' },
  vmodule: {
    type: 'list',
    default: [],
    typeName: 'pattern=N,...',
    help: 'Comma-separated list of pattern=N settings: the verbosity of a component or of one of its controllers (only works for text log format)',
  },
} as const satisfies FlagSpecs;

/** A component's logging settings: from the flags, or from its configuration file. */
export interface LogSettings {
  readonly format?: string;
  readonly verbosity?: number;
  readonly vmodule?: readonly { readonly filePattern: string; readonly verbosity: number }[];
}

/** Throws FlagError, in upstream's words, for what the flags cannot mean. */
export function logSettings(flags: ParsedFlags<typeof logFlags>): LogSettings {
  const vmodule = flags.vmodule.map((item) => {
    const [filePattern = '', level = '', more] = item.split('=');
    if (!filePattern || more !== undefined || level === '') {
      throw new FlagError(
        `invalid argument "${flags.vmodule.join(',')}" for "--vmodule" flag: "${item}" does not have the pattern=N format`,
      );
    }
    if (!/^\d+$/.test(level)) {
      throw new FlagError(
        `invalid argument "${flags.vmodule.join(',')}" for "--vmodule" flag: parsing verbosity in "${item}": strconv.ParseUint: parsing "${level}": invalid syntax`,
      );
    }
    return { filePattern, verbosity: Number(level) };
  });
  const settings = { format: flags['logging-format'], verbosity: flags.v, vmodule };
  const [problem] = logProblems(settings);
  if (problem) throw new FlagError(problem);
  return settings;
}

/** The problems with the settings. Upstream: logs/api/v1.Validate. */
export function logProblems({ format = 'text', vmodule = [] }: LogSettings): string[] {
  return [
    ...(formats.has(format) ? [] : [`format: Invalid value: "${format}": Unsupported log format`]),
    ...(format !== 'text' && vmodule.length > 0 ? ['vmodule: Forbidden: Only supported for text log format'] : []),
  ];
}

const formats = new Map([
  ['text', klogLogger],
  ['json', jsonLogger],
]);

/** `verbosity`, if given, is set as the settings say and may be changed later. */
export function componentLogger(settings: LogSettings, options: KlogOptions): Logger {
  const { format = 'text', vmodule = [] } = settings;
  const verbosity = options.verbosity ?? { level: 0 };
  verbosity.level = settings.verbosity ?? 0;
  const make = formats.get(format) ?? klogLogger;
  const log = make({ ...options, verbosity });
  if (vmodule.length === 0) return log;
  const chatty = make({ ...options, verbosity: { level: debugVerbosity } });
  const levels = vmodule.map(({ filePattern, verbosity: level }) => ({ pattern: patternOf(filePattern), level }));
  /** The first pattern that fits counts, as upstream's. */
  const levelOf = (names: readonly string[]): number =>
    levels.find(({ pattern }) => names.some((name) => pattern.test(name)))?.level ?? verbosity.level;
  return perModule({ quiet: make({ ...options, verbosity: { level: 0 } }), chatty }, [options.source], levelOf);
}

/** Debug messages depend on the verbosity of their source: the component, or the controller that the logger was made for. */
function perModule(
  logs: { quiet: Logger; chatty: Logger },
  names: readonly string[],
  levelOf: (names: readonly string[]) => number,
): Logger {
  const { quiet, chatty } = logs;
  return {
    debug: (message, fields) => (levelOf(names) >= debugVerbosity ? chatty : quiet).debug(message, fields),
    info: (message, fields) => quiet.info(message, fields),
    warn: (message, fields) => quiet.warn(message, fields),
    error: (message, error, fields) => quiet.error(message, error, fields),
    with: (fields: LogFields) => {
      const { controller } = fields;
      const more = typeof controller === 'string' ? [controller, ...names] : names;
      return perModule({ quiet: logs.quiet.with(fields), chatty: logs.chatty.with(fields) }, more, levelOf);
    },
  };
}

/** A shell's pattern: `*` and `?`. */
function patternOf(text: string): RegExp {
  const source = text
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`);
}
