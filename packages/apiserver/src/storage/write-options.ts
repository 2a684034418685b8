import type { RequestContext } from '../request/request-context.ts';

/** The options of a write. */
export interface WriteOptions {
  readonly context: RequestContext;
  readonly dryRun: boolean;
  readonly fieldManager: string;
  /** The managedFields are those of a server-side apply already. */
  readonly fieldsApplied?: boolean;
  /** CreateOptions, UpdateOptions or PatchOptions as admission sees them. */
  readonly raw: Readonly<Record<string, unknown>>;
}
