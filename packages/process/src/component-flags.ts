import {
  type FlagSpec,
  type FlagSpecs,
  flagUsage,
  type ParsedArguments,
  type ParsedFlags,
  parseFlags,
} from './flags.ts';

/** Flags that a manifest of upstream's program may carry and that change nothing in ours: the type of the value, and why. */
export type AcceptedFlags = Readonly<Record<string, readonly [type: FlagSpec['type'], why: string]>>;

/** A component's parsed command line, and warnings about it. */
export interface ComponentArguments<S extends FlagSpecs> extends ParsedArguments<S> {
  /** For each given flag that is deprecated or has no effect. */
  readonly warnings: readonly string[];
}

/** All flags of upstream's component: those that mean something here, and those that are only accepted. Throws FlagError. */
export function parseComponentFlags<S extends FlagSpecs>(
  specs: S,
  accepted: AcceptedFlags,
  args: readonly string[],
): ComponentArguments<S> {
  const parsed = parseFlags({ ...specsOf(accepted), ...specs } as S, args.map(withDashes));
  const warnings = [...parsed.given].flatMap((name) => {
    const { deprecated } = specs[name] ?? {};
    if (deprecated !== undefined) return [`Flag --${name} has been deprecated, ${deprecated}`];
    const why = Object.hasOwn(specs, name) ? undefined : accepted[name]?.[1];
    return why === undefined ? [] : [`Flag --${name} has no effect: ${why}`];
  });
  return { ...parsed, warnings };
}

/** The flags of every program. */
export const programFlags = {
  help: { type: 'boolean', short: 'h', default: false, help: 'Show this help.' },
  version: { type: 'boolean', default: false, help: 'Print version information and quit.' },
} as const satisfies FlagSpecs;

interface ComponentLine<S extends FlagSpecs> {
  readonly name: string;
  /** {@link programFlags} among them. */
  readonly specs: S;
  readonly accepted: AcceptedFlags;
  readonly version: string;
  print(text: string): void;
}

/** Parses a component's command line; undefined when help or the version was all that it asked for. Throws FlagError. */
export function readComponentLine<S extends FlagSpecs>(
  { name, specs, accepted, version, print }: ComponentLine<S>,
  args: readonly string[],
): ComponentArguments<S> | undefined {
  const parsed = parseComponentFlags(specs, accepted, args);
  const { help, version: asksVersion } = parsed.flags as ParsedFlags<typeof programFlags>;
  if (help) {
    print(`Usage:\n  ${name} [flags]\n\nFlags:\n${flagUsage({ ...specsOf(accepted), ...specs })}`);
    return undefined;
  }
  if (asksVersion) {
    print(`Kubernetes ${version}\n`);
    return undefined;
  }
  const all = [...parsed.positional, ...(parsed.rest ?? [])];
  if (all.length > 0) throw new Error(`"${name}" does not take any arguments, got ${goStrings(all)}`);
  return parsed;
}

/** A list of strings as Go's %q has it. */
const goStrings = (texts: readonly string[]): string => `[${texts.map((text) => JSON.stringify(text)).join(' ')}]`;

/** `--concurrent_rc_syncs` is `--concurrent-rc-syncs`, as for upstream's components. */
const withDashes = (arg: string): string =>
  arg.startsWith('--') ? arg.replace(/^[^=]*/, (name) => name.replaceAll('_', '-')) : arg;

function specsOf(table: AcceptedFlags): FlagSpecs {
  return Object.fromEntries(
    Object.entries(table).map(([name, [type, why]]) => [name, { type, help: `Has no effect: ${why}.` }]),
  );
}

const proxies = 'users are known by certificates and tokens, not by what a proxy says';
const emulation = 'an older release is emulated by the API server, in what it serves';

/** Flags of every component's port, metrics and requests. */
export const commonAcceptedFlags = {
  'contention-profiling': ['boolean', 'there are no locks to profile'],
  'kube-api-content-type': ['string', 'objects are sent as JSON'],
  'log-json-info-buffer-size': ['string', 'each line is written at once'],
  'log-json-split-stream': ['boolean', 'logs go to the standard error'],
  'log-text-info-buffer-size': ['string', 'each line is written at once'],
  'log-text-split-stream': ['boolean', 'logs go to the standard error'],
  'show-hidden-metrics-for-version': ['string', 'no metrics are hidden'],
} as const satisfies AcceptedFlags;

/** Flags of a control plane component's port, which asks an API server for authorization, and of its releases. */
export const portAcceptedFlags = {
  'authentication-skip-lookup': [
    'boolean',
    'nothing is looked up in the cluster: --client-ca-file names the authorities',
  ],
  'authentication-tolerate-lookup-failure': ['boolean', 'nothing is looked up in the cluster'],
  'disable-http2-serving': ['boolean', 'this port speaks HTTP/1.1'],
  'emulated-version': ['list', emulation],
  'emulation-forward-compatible': ['boolean', emulation],
  'http2-max-streams-per-connection': ['number', 'this port speaks HTTP/1.1'],
  'min-compatibility-version': ['list', emulation],
  'permit-address-sharing': ['boolean', "the port is this process's alone"],
  'permit-port-sharing': ['boolean', "the port is this process's alone"],
  'requestheader-allowed-names': ['list', proxies],
  'requestheader-extra-headers-prefix': ['list', proxies],
  'requestheader-group-headers': ['list', proxies],
  'requestheader-uid-headers': ['list', proxies],
  'requestheader-username-headers': ['list', proxies],
  'tls-sni-cert-key': ['array', 'one certificate is shown to everybody'],
} as const satisfies AcceptedFlags;
