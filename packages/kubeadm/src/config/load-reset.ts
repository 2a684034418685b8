import type { ResetConfiguration } from '@typernetes/api/kubeadm/v1beta4';
import { defaultCertificatesFolder, defaultCriSocket } from '../paths.ts';
import { completeTimeouts } from './defaults.ts';
import { decodeDocuments } from './documents.ts';
import type { ResetConfig } from './internal.ts';
import { chosen, type Loaded } from './load.ts';

/** The flags of `reset`. They take precedence over the file's fields; ignored checks are added to the file's list. */
export interface ResetFlags {
  readonly certificatesDir?: string | undefined;
  readonly criSocket?: string | undefined;
  readonly dryRun?: boolean;
  readonly force?: boolean;
  readonly cleanupTmpDir?: boolean;
  readonly ignorePreflightErrors?: readonly string[];
  readonly skipPhases?: readonly string[];
}

export function loadResetConfig(text: string | undefined, flags: ResetFlags): Loaded<ResetConfig> {
  const { documents, warnings } =
    text === undefined
      ? { documents: [], warnings: [] }
      : decodeDocuments(text, { wanted: { kinds: ['ResetConfiguration'] } });
  const given = documents.find(({ kind }) => kind === 'ResetConfiguration')?.value as ResetConfiguration | undefined;
  if (text !== undefined && !given) throw new Error('no ResetConfiguration found in the supplied config');
  return {
    warnings,
    config: {
      certificatesDir: flags.certificatesDir ?? (given?.certificatesDir || defaultCertificatesFolder),
      criSocket: flags.criSocket ?? (given?.criSocket || defaultCriSocket),
      dryRun: flags.dryRun || (given?.dryRun ?? false),
      force: flags.force || (given?.force ?? false),
      cleanupTmpDir: flags.cleanupTmpDir || (given?.cleanupTmpDir ?? false),
      ignorePreflightErrors: [...(given?.ignorePreflightErrors ?? []), ...(flags.ignorePreflightErrors ?? [])],
      skipPhases: chosen(flags.skipPhases, given?.skipPhases),
      unmountFlags: given?.unmountFlags ?? [],
      timeouts: completeTimeouts(given?.timeouts),
    },
  };
}
