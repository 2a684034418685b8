import type { UpgradeConfiguration } from '@typernetes/api/kubeadm/v1beta4';
import { completeTimeouts } from './defaults.ts';
import { decodeDocuments } from './documents.ts';
import { absolutePathProblems, ignoredCheckProblems, pullPolicyProblems } from './field-problems.ts';
import type { NodeRegistration, Timeouts } from './internal.ts';
import { chosen, type Loaded } from './load.ts';

/** Which part of an UpgradeConfiguration a command reads. */
export type UpgradeSection = 'apply' | 'node' | 'plan' | 'diff';

/** Everything that the commands of `upgrade` work from; each uses what concerns it. */
export interface UpgradeConfig {
  /** As the user wrote it; undefined when nobody said. */
  readonly kubernetesVersion: string | undefined;
  readonly allowExperimental: boolean;
  readonly allowReleaseCandidates: boolean;
  readonly certificateRenewal: boolean;
  readonly etcdUpgrade: boolean;
  readonly force: boolean;
  /** Do not ask. */
  readonly yes: boolean;
  readonly printConfig: boolean;
  readonly dryRun: boolean;
  /** The folder of patches; "" without any. */
  readonly patches: string;
  /** Those that the file names, whichever command reads it. */
  readonly patchesInFile: readonly string[];
  readonly ignorePreflightErrors: readonly string[];
  readonly skipPhases: readonly string[];
  readonly imagePullPolicy: NodeRegistration['imagePullPolicy'];
  readonly imagePullSerial: boolean;
  /** Unchanged lines around each change that `diff` shows. */
  readonly contextLines: number;
  readonly timeouts: Timeouts;
}

/** What flags say; undefined leaves it to the file. */
export type UpgradeFlags = {
  readonly [K in keyof Omit<UpgradeConfig, 'timeouts' | 'patchesInFile'>]?: UpgradeConfig[K] | undefined;
};

/** The union of the sections' fields: none of them has two meanings. */
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

/** Everything that is wrong with what one section of an UpgradeConfiguration, and the flags, say. */
export function validateUpgrade(config: UpgradeConfig, section: UpgradeSection): string[] {
  return [
    ...config.patchesInFile.flatMap((folder) => absolutePathProblems(folder, 'patches.directory')),
    ...pullPolicyProblems(config.imagePullPolicy, `${section}.imagePullPolicy`),
    ...ignoredCheckProblems(config.ignorePreflightErrors),
  ];
}
