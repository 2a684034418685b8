import type { PropagationPolicy } from '../commands/deletion-flags.ts';
import type { DryRun } from '../commands/result.ts';
import type { Session } from '../session.ts';

export interface Applying {
  readonly options: ApplyOptions;
  readonly session: Session;
  readonly signal: AbortSignal;
}

export interface ApplyOptions {
  readonly dryRun: DryRun;
  readonly serverSide: boolean;
  readonly fieldManager: string;
  readonly fieldValidation: 'Strict' | 'Warn' | 'Ignore';
  readonly forceConflicts: boolean;
  /** Whether the file's values stand above those that somebody else has set. */
  readonly overwrite: boolean;
  /** Whether what the server's API says of a kind is looked at before what kubectl itself knows. */
  readonly openapiPatch: boolean;
  readonly subresource: string;
  /** Whether what cannot be patched is deleted and created again. */
  readonly recreate: boolean;
  readonly propagationPolicy: PropagationPolicy;
  /** Below zero: the server's. */
  readonly graceSeconds: number;
  readonly timeoutMs: number | undefined;
  /** Whether what is pruned is waited for. */
  readonly wait: boolean;
}
