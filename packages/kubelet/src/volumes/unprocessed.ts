/**
 * The source of a volume is not known yet, for example because its claim is not bound. Mounting it has not been tried.
 */
export class UnprocessedError extends Error {
  override readonly name = 'UnprocessedError';
  /** The claim has its volume, and only its status lags behind by one write. */
  readonly isAlmostBound: boolean;

  constructor(message: string, { isAlmostBound = false, ...options }: ErrorOptions & { isAlmostBound?: boolean } = {}) {
    super(message, options);
    this.isAlmostBound = isAlmostBound;
  }
}
