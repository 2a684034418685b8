import { type FlagSpecs, type ParsedArguments, parseFlags } from '@typernetes/process';
import { apiServerFlags } from './flags.ts';
import { ineffectiveFlags, ineffectiveFlagWarnings } from './ineffective-flags.ts';

export interface ParsedApiServerFlags extends ParsedArguments<typeof apiServerFlags> {
  /** About flags that were given and change nothing. */
  readonly warnings: readonly string[];
}

/** All flags of upstream's server: those that mean something here, and those that are only accepted. Throws FlagError. */
export function parseApiServerFlags(args: readonly string[]): ParsedApiServerFlags {
  const specs = { ...ineffectiveFlags, ...apiServerFlags } as typeof apiServerFlags;
  const parsed = parseFlags(specs, args);
  const deprecated = Object.entries(apiServerFlags as FlagSpecs).flatMap(([name, flag]) =>
    flag.deprecated !== undefined && parsed.given.has(name)
      ? [`Flag --${name} has been deprecated, ${flag.deprecated}`]
      : [],
  );
  return { ...parsed, warnings: [...deprecated, ...ineffectiveFlagWarnings(parsed.given, apiServerFlags)] };
}
