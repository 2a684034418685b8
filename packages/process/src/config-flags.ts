import { type FlagSpecs, numbersOf } from './flags.ts';

/** `below` is `signal<amount,signal<amount`; `numbers` is `1,2`. */
type ConfigFlagKind = 'string' | 'number' | 'boolean' | 'list' | 'numbers' | 'map' | 'below';

/** Flags of upstream that set a field of a component's configuration: the path of the field, and what the flag takes. */
export type ConfigFlags = Readonly<Record<string, readonly [path: string, kind: ConfigFlagKind]>>;

/**
 * Fields for which flags add to the file's value; for all others they replace it (upstream:
 * kubeletConfigFlagPrecedence).
 */
const merging: ReadonlySet<string> = new Set(['featureGates']);

/** For parsing them. `about` is appended to the help text of each. */
export function configFlagSpecs(table: ConfigFlags, about = ''): FlagSpecs {
  return Object.fromEntries(
    Object.entries(table).map(([name, [path, kind]]) => [
      name,
      { type: kind === 'below' || kind === 'numbers' ? 'list' : kind, help: `Sets ${path}.${about}` },
    ]),
  ) as FlagSpecs;
}

/** The configuration with the given flags applied on top. Throws for invalid combinations. */
export function withConfigFlags<C extends object>(
  file: C,
  table: ConfigFlags,
  { flags, given }: { readonly flags: Readonly<Record<string, unknown>>; readonly given: ReadonlySet<string> },
): C {
  const config = structuredClone(file);
  for (const [name, [path, kind]] of Object.entries(table)) {
    if (!given.has(name)) continue;
    const steps = path.split('.');
    const last = steps.pop() as string;
    let at = config as Record<string, unknown>;
    for (const step of steps) {
      at[step] ??= {};
      at = at[step] as Record<string, unknown>;
    }
    const value = valueFrom(name, path, kind, flags[name]);
    at[last] = merging.has(path) ? { ...(at[last] as object), ...(value as object) } : value;
  }
  return config;
}

function valueFrom(name: string, path: string, kind: ConfigFlagKind, value: unknown): unknown {
  if (kind === 'numbers') return numbersOf(name, value as readonly string[]);
  if (kind === 'below')
    return Object.fromEntries(
      (value as readonly string[]).map((text) => {
        const [, signal, amount] = /^([^<]+)<(.+)$/.exec(text) ?? [];
        if (signal === undefined || amount === undefined)
          throw new Error(
            `invalid argument ${JSON.stringify(text)} for "--${name}" flag: malformed pair, expect string<string`,
          );
        return [signal.trim(), amount.trim()];
      }),
    );
  if (path !== 'featureGates') return value;
  return Object.fromEntries(
    Object.entries(value as Readonly<Record<string, string>>).map(([gate, text]) => {
      if (!/^(true|false)$/i.test(text))
        throw new Error(
          `invalid value of ${gate}=${text}, err: strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`,
        );
      return [gate, text.toLowerCase() === 'true'];
    }),
  );
}
