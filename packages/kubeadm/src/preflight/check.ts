import { messagesOf } from '@typernetes/base';
import type { Host } from '../host.ts';
import { logStep } from '../log-lines.ts';
import type { LogPlace, Output } from '../output.ts';

/** A check's findings. Errors stop the command unless they are ignored by name. */
export interface Findings {
  readonly warnings?: readonly string[];
  readonly errors?: readonly string[];
}

/** A check that runs before anything is changed. `--ignore-preflight-errors` takes its name. */
export interface Check {
  readonly name: string;
  /** What upstream logs as it begins this check, and where. */
  readonly log?: readonly [place: LogPlace, text: string];
  run(host: Host): Promise<Findings>;
}

/** A check that throws, because a program hangs or a file cannot be read, counts as failed, and can be ignored by its name too. */
async function finding(check: Check, host: Host): Promise<Findings> {
  try {
    return await check.run(host);
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') throw error;
    return { errors: [messagesOf(error)] };
  }
}

/** Runs all checks, prints the warnings, and throws when errors remain. `ignore` holds names in any case, or `all`. */
export async function runChecks(
  checks: readonly Check[],
  deps: { host: Host; output: Output },
  ignore: readonly string[],
): Promise<void> {
  const ignored = new Set(ignore.map((name) => name.toLowerCase()));
  const errors: string[] = [];
  for (const { log } of checks) if (log) logStep(deps.output, ...log);
  const found = await Promise.all(checks.map((check) => finding(check, deps.host)));
  for (const [i, { name }] of checks.entries()) {
    const { warnings = [], errors: failed = [] } = found[i] ?? {};
    const forgiven = ignored.has('all') || ignored.has(name.toLowerCase());
    for (const warning of [...warnings, ...(forgiven ? failed : [])])
      deps.output.err(`\t[WARNING ${name}]: ${warning}\n`);
    if (!forgiven) errors.push(...failed.map((error) => `\t[ERROR ${name}]: ${error}\n`));
  }
  if (errors.length === 0) return;
  deps.output.err(
    `[preflight] Some fatal errors occurred:\n${errors.join('')}[preflight] If you know what you are doing, you can make a check non-fatal with \`--ignore-preflight-errors=...\`\n`,
  );
  throw new Error('preflight checks failed');
}
