import type { CommandDeps } from './command-deps.ts';
import { type DryRun, startDryRun } from './dry-run/dry-run.ts';
import { noPatches, type Patches, patchesIn } from './patches/patches.ts';

/** A command's context, with `--dry-run` and `--patches` applied. */
export interface RunOptions {
  /** The command's dependencies or, in a dry run, ones that change nothing. */
  readonly used: CommandDeps;
  readonly dryRun: DryRun | undefined;
  readonly patches: Patches;
}

export async function runOptions(
  command: string,
  deps: CommandDeps,
  options: {
    readonly dryRun: boolean;
    readonly patches: string;
    readonly server: boolean;
    readonly present?: ReadonlyMap<string, object>;
  },
): Promise<RunOptions> {
  const patches =
    options.patches === '' ? noPatches : patchesIn(options.patches, { files: deps.host.files, output: deps.output });
  if (!options.dryRun) return { used: deps, dryRun: undefined, patches };
  const { dryRun, deps: used } = startDryRun(command, deps, options);
  return { used, dryRun, patches };
}
