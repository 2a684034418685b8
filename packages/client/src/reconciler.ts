import type { ObjectKey } from '@typernetes/machinery';

/** Done; call again after `requeueAfterMs` when given. A throw asks for a retry with back-off, a TerminalError for none. */
export interface Result {
  readonly requeueAfterMs?: number;
}

/** Level-triggered: called with a key only, must be safe at any time, repeatedly; never twice at once for one key. */
export interface Reconciler {
  readonly name: string;
  reconcile(key: ObjectKey, signal: AbortSignal): Promise<Result>;
}

/** A failure that trying again will not cure. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';
}
