import { type ParsedArguments, parseFlags } from '@typernetes/process';
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
  return { ...parsed, warnings: ineffectiveFlagWarnings(parsed.given, apiServerFlags) };
}
