/** The stage at which a connection through a proxy failed: to the proxy, or from there to the target. */
export type DialStage = 'connect' | 'proxy';

/** A connection that a proxy was to make and that is not there. */
export class DialError extends Error {
  override readonly name = 'DialError';
  readonly stage: DialStage;
  constructor(message: string, stage: DialStage, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.stage = stage;
  }
}
