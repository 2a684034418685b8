import type { ObjectKey } from '@typernetes/machinery';

/** The object is reconciled; call again after `requeueAfterMs`, if given. A throw is retried with back-off, a TerminalError is not. */
export interface Result {
  readonly requeueAfterMs?: number;
}

/** Level-triggered: called with a key only, at any time and repeatedly; never concurrently for one key. */
export interface Reconciler {
  readonly name: string;
  reconcile(key: ObjectKey, signal: AbortSignal): Promise<Result>;
}

/** A failure that a retry will not fix. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';
}
