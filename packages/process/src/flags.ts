/** The kinds of values that a flag takes. `map` is `a=b,c=d`; `list` is `a,b` and may be repeated; `array` is one value each time; `duration` is Go's `1m30s`, in milliseconds. */
interface FlagValues {
  string: string;
  number: number;
  boolean: boolean;
  duration: number;
  list: readonly string[];
  array: readonly string[];
  map: Readonly<Record<string, string>>;
}

/** One flag. `valueWhenBare` is what `--flag` without `=value` means (always "true" for booleans). */
export interface FlagSpec<K extends keyof FlagValues = keyof FlagValues> {
  readonly type: K;
  readonly help: string;
  readonly default?: FlagValues[K];
  readonly short?: string;
  readonly valueWhenBare?: string;
  readonly hidden?: boolean;
  /** The name of the value in help, if not the kind's own. */
  readonly typeName?: string;
  /** The default shown in help for a flag whose default is filled in later. */
  readonly shownDefault?: string;
  /** Printed as a warning when the flag is used. */
  readonly deprecated?: string;
}

export type FlagSpecs = { readonly [name: string]: { [K in keyof FlagValues]: FlagSpec<K> }[keyof FlagValues] };

/** What parsing yields for a set of specs: flags with a default are always there. */
export type ParsedFlags<S extends FlagSpecs> = {
  readonly [N in keyof S]: S[N] extends { default: unknown }
    ? FlagValues[S[N]['type']]
    : FlagValues[S[N]['type']] | undefined;
};

export interface ParsedArguments<S extends FlagSpecs> {
  readonly flags: ParsedFlags<S>;
  /** Arguments that are not flags, in order. */
  readonly positional: readonly string[];
  /** The arguments after `--`. */
  readonly rest: readonly string[] | undefined;
  /** How many positional arguments precede `--`, if those after it are included. */
  readonly beforeDashes?: number;
  /** Names of the flags that were given, in contrast to those that have their default. */
  readonly given: ReadonlySet<string>;
}

/** An invalid command line, with pflag's message. */
export class FlagError extends Error {
  override readonly name = 'FlagError';
}

/**
 * Parses arguments as Go's pflag does: `--name=value`, `--name value`, `-n value`, `-nvalue`, `-abc` for booleans, `--`
 * ends the flags, flags and other arguments mix (unless `interspersed` is false). With `wholeNumbers` no number has a fraction. Calls `seen` for each flag, in order.
 * Throws FlagError.
 */
export function parseFlags<S extends FlagSpecs>(
  specs: S,
  args: readonly string[],
  options: { interspersed?: boolean; wholeNumbers?: boolean; seen?: (name: string, text: string) => void } = {},
): ParsedArguments<S> {
  const byShort = new Map(
    Object.entries(specs).flatMap(([name, spec]) => (spec.short ? [[spec.short, name] as const] : [])),
  );
  const values: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(specs)) values[name] = spec.default;
  const given = new Set<string>();
  const positional: string[] = [];

  const set = (name: string, text: string, shown: string): void => {
    const spec = specs[name] as FlagSpec;
    const value = parseValue(spec, text, { shown, whole: options.wholeNumbers ?? false });
    const previous = given.has(name) ? values[name] : undefined;
    if ((spec.type === 'list' || spec.type === 'array') && Array.isArray(previous))
      values[name] = [...previous, ...(value as string[])];
    else if (spec.type === 'map' && previous) values[name] = { ...previous, ...(value as object) };
    else values[name] = value;
    given.add(name);
    options.seen?.(name, text);
  };
  const bareValue = (spec: FlagSpec): string | undefined =>
    spec.valueWhenBare ?? (spec.type === 'boolean' ? 'true' : undefined);

  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (arg === '--') return { flags: values as ParsedFlags<S>, positional, rest: args.slice(i + 1), given };
    if (arg.startsWith('--')) {
      const equals = arg.indexOf('=');
      const name = equals < 0 ? arg.slice(2) : arg.slice(2, equals);
      const spec = Object.hasOwn(specs, name) ? (specs[name] as FlagSpec) : undefined;
      if (!spec) throw new FlagError(`unknown flag: --${name}`);
      let text = equals < 0 ? bareValue(spec) : arg.slice(equals + 1);
      if (text === undefined) {
        if (i + 1 >= args.length) throw new FlagError(`flag needs an argument: --${name}`);
        text = args[++i] as string;
      }
      set(name, text, shownName(name, spec));
    } else if (arg.startsWith('-') && arg.length > 1) {
      for (let at = 1; at < arg.length; at++) {
        const letter = arg[at] as string;
        const name = byShort.get(letter);
        if (name === undefined) throw new FlagError(`unknown shorthand flag: '${letter}' in ${arg}`);
        const spec = specs[name] as FlagSpec;
        const following = arg.slice(at + 1);
        const bare = bareValue(spec);
        if (following.startsWith('=') && following.length > 1) {
          set(name, following.slice(1), shownName(name, spec));
          break;
        }
        if (bare !== undefined) {
          set(name, bare, shownName(name, spec));
          continue;
        }
        if (following === '' && i + 1 >= args.length)
          throw new FlagError(`flag needs an argument: '${letter}' in ${arg}`);
        set(name, following === '' ? (args[++i] as string) : following, shownName(name, spec));
        break;
      }
    } else {
      if (options.interspersed === false) {
        return { flags: values as ParsedFlags<S>, positional: args.slice(i), rest: undefined, given };
      }
      positional.push(arg);
    }
  }
  return { flags: values as ParsedFlags<S>, positional, rest: undefined, given };
}

function shownName(name: string, spec: FlagSpec): string {
  return spec.short ? `-${spec.short}, --${name}` : `--${name}`;
}

function parseValue(spec: FlagSpec, text: string, { shown, whole }: { shown: string; whole: boolean }): unknown {
  const refuse = (why: string): never => {
    throw new FlagError(`invalid argument "${text}" for "${shown}" flag: ${why}`);
  };
  switch (spec.type) {
    case 'string':
      return text;
    case 'boolean':
      if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true;
      if (/^(0|f|F|FALSE|false|False)$/.test(text)) return false;
      return refuse(`strconv.ParseBool: parsing "${text}": invalid syntax`);
    case 'number':
      return parseNumber(text, spec.typeName ?? (whole ? 'int' : ''), refuse);
    case 'duration':
      return parseDuration(text) ?? refuse(durationProblem(text) ?? '');
    case 'array':
      return [text];
    case 'list':
      return text === '' ? [] : text.split(',');
    case 'map':
      return Object.fromEntries(
        text
          .split(',')
          .filter((pair) => pair !== '')
          .map((pair) => {
            const equals = pair.indexOf('=');
            return equals < 0
              ? refuse(`${pair} must be formatted as key=value`)
              : [pair.slice(0, equals), pair.slice(equals + 1)];
          }),
      );
  }
}

/** The kinds of numbers that are whole, and how far they go. */
const wholeNumbers: Readonly<Record<string, { go: string; least: number; most: number }>> = {
  int32: { go: 'ParseInt', least: -(2 ** 31), most: 2 ** 31 - 1 },
  int: { go: 'ParseInt', least: -(2 ** 63), most: 2 ** 63 },
  Level: { go: 'ParseInt', least: -(2 ** 31), most: 2 ** 31 - 1 },
  uint: { go: 'ParseUint', least: 0, most: 2 ** 64 },
};

function parseNumber(text: string, typeName: string, refuse: (why: string) => never): number {
  const whole = wholeNumbers[typeName];
  const syntax = whole ? (whole.least < 0 ? /^[+-]?\d+$/ : /^\d+$/) : /^[+-]?\d+(\.\d+)?$/;
  const parsing = `strconv.${whole?.go ?? 'ParseInt'}: parsing ${JSON.stringify(text)}`;
  if (!syntax.test(text)) return refuse(`${parsing}: invalid syntax`);
  const value = Number(text);
  return whole && (value < whole.least || value > whole.most) ? refuse(`${parsing}: value out of range`) : value;
}

const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Milliseconds of a Go duration such as `1h15m30.5s`, or undefined when it is not one. */
export function parseDuration(text: string): number | undefined {
  if (/^[+-]?0$/.test(text)) return 0;
  const match = /^([+-]?)((?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|ms|s|m|h))+$/.exec(text);
  if (!match) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)/g))
    total += Number(amount) * (unitMs[unit as string] ?? 0);
  return match[1] === '-' ? -total : total;
}

/** Go's error for an invalid duration; undefined for a valid one. */
export function durationProblem(text: string): string | undefined {
  if (parseDuration(text) !== undefined) return undefined;
  const quoted = JSON.stringify(text);
  // The part that was valid.
  const rest = text.replace(/^[+-]/, '').replace(/^(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|ms|s|m|h)(?=[\d.]|$))*/, '');
  const [, amount, unit] = /^(\d+(?:\.\d*)?|\.\d+)([^\d.]*)/.exec(rest) ?? [];
  if (amount === undefined) return `time: invalid duration ${quoted}`;
  if (unit === '') return `time: missing unit in duration ${quoted}`;
  return `time: unknown unit ${JSON.stringify(unit)} in duration ${quoted}`;
}

/** `1h15m30.5s`: a duration as Go prints it. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s';
  const sign = ms < 0 ? '-' : '';
  const absolute = Math.abs(ms);
  if (absolute < 1000) return `${sign}${absolute}ms`;
  const hours = Math.floor(absolute / 3_600_000);
  const minutes = Math.floor((absolute % 3_600_000) / 60_000);
  const seconds = (absolute % 60_000) / 1000;
  return `${sign}${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${seconds}s`;
}

/** The flags' part of a help text, in pflag's layout. */
export function flagUsage(specs: FlagSpecs): string {
  const rows = Object.entries(specs)
    .filter(([, spec]) => !spec.hidden)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, spec]) => {
      const short = spec.short ? `-${spec.short}, ` : '    ';
      const shape =
        spec.type === 'boolean'
          ? ''
          : ` ${spec.typeName ?? { string: 'string', number: 'int', duration: 'duration', list: 'strings', array: 'stringArray', map: 'mapStringString' }[spec.type]}`;
      const shown = spec.shownDefault ?? (isZero(spec.default) ? '' : showDefault(spec));
      const fallback = shown === '' ? '' : ` (default ${shown})`;
      return [`  ${short}--${name}${shape}`, `${spec.help}${fallback}`] as const;
    });
  const width = Math.max(0, ...rows.map(([left]) => left.length)) + 3;
  const margin = `\n${' '.repeat(width)}`;
  return rows.map(([left, help]) => `${left.padEnd(width)}${help.replaceAll('\n', margin)}\n`).join('');
}

/** pflag does not show zero values as defaults. */
function isZero(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0;
  return value === undefined || value === '' || value === false || value === 0;
}

function showDefault(spec: FlagSpec): string {
  if (spec.type === 'string') return JSON.stringify(spec.default);
  if (spec.type === 'duration') return formatDuration(spec.default as number);
  if (spec.type === 'list' || spec.type === 'array') return `[${(spec.default as string[]).join(',')}]`;
  if (spec.type === 'map')
    return `[${Object.entries(spec.default as object)
      .map(([k, v]) => `${k}=${v}`)
      .join(',')}]`;
  return String(spec.default);
}

/** The numbers of a list of numbers. Throws FlagError in pflag's words. */
export function numbersOf(name: string, texts: readonly string[]): number[] {
  return texts.map((text) => {
    if (/^[+-]?\d+$/.test(text)) return Number(text);
    throw new FlagError(
      `invalid argument ${JSON.stringify(texts.join(','))} for "--${name}" flag: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  });
}
