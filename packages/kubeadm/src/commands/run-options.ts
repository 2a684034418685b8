import { gateHelp } from '../config/feature-gates.ts';
import { type DryRun, startDryRun } from '../dry-run/dry-run.ts';
import { noPatches, type Patches, patchesIn } from '../patches/patches.ts';
import type { CommandDeps } from './command.ts';

export const dryRunFlag = {
  type: 'boolean',
  help: "Don't apply any changes; just output what would be done.",
  default: false,
} as const;

export const criSocketFlag = {
  type: 'string',
  help: 'Path to the CRI socket to connect. If empty kubeadm will try to auto-detect this value; use this option only if you have more than one CRI installed or if you have non-standard CRI socket.',
} as const;

export const patchesFlag = {
  type: 'string',
  help: 'Path to a directory that contains files named "target[suffix][+patchtype].extension". For example, "kube-apiserver0+merge.yaml" or just "etcd.json". "target" can be one of "kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd", "kubeletconfiguration", "corednsdeployment". "patchtype" can be one of "strategic", "merge" or "json" and they match the patch formats supported by kubectl. The default "patchtype" is "strategic". "extension" must be either "json" or "yaml". "suffix" is an optional string that can be used to determine which patches are applied first alpha-numerically.',
} as const;

export const featureGatesFlag = {
  type: 'string',
  help: `A set of key=value pairs that describe feature gates for various features. Options are:\n${gateHelp}`,
} as const;

/** What `--dry-run` and `--patches` make of what a command works with. */
export interface RunOptions {
  /** The command's own, or those of the dry run. */
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
