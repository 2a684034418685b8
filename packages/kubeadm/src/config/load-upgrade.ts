import type { UpgradeConfiguration } from '@typernetes/api/kubeadm/v1beta4';
import { completeTimeouts } from './defaults.ts';
import { decodeDocuments } from './documents.ts';
import { absolutePathProblems, ignoredCheckProblems, pullPolicyProblems } from './field-problems.ts';
import type { NodeRegistration, Timeouts } from './internal.ts';
import { chosen, type Loaded } from './load.ts';

/** The section of an UpgradeConfiguration that a command reads. */
export type UpgradeSection = 'apply' | 'node' | 'plan' | 'diff';

/** The configuration of all `upgrade` commands; each uses its own part. */
export interface UpgradeConfig {
  /** As typed by the user; undefined if not given. */
  readonly kubernetesVersion: string | undefined;
  readonly allowExperimental: boolean;
  readonly allowReleaseCandidates: boolean;
  readonly certificateRenewal: boolean;
  readonly etcdUpgrade: boolean;
  readonly force: boolean;
  /** Skips the confirmation prompt. */
  readonly yes: boolean;
  readonly printConfig: boolean;
  readonly dryRun: boolean;
  /** The folder of patches; "" without any. */
  readonly patches: string;
  /** The ones named in the file, for whichever command reads it. */
  readonly patchesInFile: readonly string[];
  readonly ignorePreflightErrors: readonly string[];
  readonly skipPhases: readonly string[];
  readonly imagePullPolicy: NodeRegistration['imagePullPolicy'];
  readonly imagePullSerial: boolean;
  /** Unchanged lines around each change that `diff` shows. */
  readonly contextLines: number;
  readonly timeouts: Timeouts;
}

/** The flags; undefined values are taken from the file. */
export type UpgradeFlags = {
  readonly [K in keyof Omit<UpgradeConfig, 'timeouts' | 'patchesInFile'>]?: UpgradeConfig[K] | undefined;
};

/** The union of all sections' fields; no field has two meanings. */
type Fields = NonNullable<UpgradeConfiguration['apply'] & UpgradeConfiguration['diff']>;

export function loadUpgradeConfig(
  text: string | undefined,
  section: UpgradeSection,
  flags: UpgradeFlags,
): Loaded<UpgradeConfig> {
  const { documents, warnings } =
    text === undefined
      ? { documents: [], warnings: [] }
      : decodeDocuments(text, { wanted: { kinds: ['UpgradeConfiguration'] } });
  const given = documents.find(({ kind }) => kind === 'UpgradeConfiguration')?.value as
    | UpgradeConfiguration
    | undefined;
  if (text !== undefined && !given) throw new Error('no UpgradeConfiguration found in the supplied config');
  const fields = (given?.[section] ?? {}) as Fields;
  return {
    warnings,
    config: {
      kubernetesVersion: flags.kubernetesVersion ?? (fields.kubernetesVersion || undefined),
      allowExperimental: flags.allowExperimental ?? fields.allowExperimentalUpgrades ?? false,
      allowReleaseCandidates: flags.allowReleaseCandidates ?? fields.allowRCUpgrades ?? false,
      certificateRenewal: flags.certificateRenewal ?? fields.certificateRenewal ?? true,
      etcdUpgrade: flags.etcdUpgrade ?? fields.etcdUpgrade ?? true,
      force: flags.force ?? fields.forceUpgrade ?? false,
      yes: flags.yes ?? false,
      printConfig: flags.printConfig ?? fields.printConfig ?? false,
      dryRun: flags.dryRun ?? fields.dryRun ?? false,
      patches: flags.patches ?? fields.patches?.directory ?? '',
      patchesInFile: [given?.apply, given?.node].flatMap((of) => (of?.patches ? [of.patches.directory ?? ''] : [])),
      ignorePreflightErrors: [...(fields.ignorePreflightErrors ?? []), ...(flags.ignorePreflightErrors ?? [])],
      skipPhases: chosen(flags.skipPhases, fields.skipPhases),
      imagePullPolicy: fields.imagePullPolicy || 'IfNotPresent',
      imagePullSerial: fields.imagePullSerial ?? true,
      contextLines: flags.contextLines ?? fields.contextLines ?? 3,
      timeouts: completeTimeouts(given?.timeouts),
    },
  };
}

/** All validation errors of the flags and of one section of an UpgradeConfiguration. */
export function validateUpgrade(config: UpgradeConfig, section: UpgradeSection): string[] {
  return [
    ...config.patchesInFile.flatMap((folder) => absolutePathProblems(folder, 'patches.directory')),
    ...pullPolicyProblems(config.imagePullPolicy, `${section}.imagePullPolicy`),
    ...ignoredCheckProblems(config.ignorePreflightErrors),
  ];
}
