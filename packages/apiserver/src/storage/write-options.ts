import type { RequestContext } from '../request/request-context.ts';

/** How a write was asked for. */
export interface WriteOptions {
  readonly context: RequestContext;
  readonly dryRun: boolean;
  readonly fieldManager: string;
  /** The managedFields are those of a server-side apply already. */
  readonly fieldsApplied?: boolean;
  /** CreateOptions, UpdateOptions or PatchOptions as admission sees them. */
  readonly raw: Readonly<Record<string, unknown>>;
}
