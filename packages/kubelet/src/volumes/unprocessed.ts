/** What a volume is cannot be told: its claim is not bound, for one. Nothing has been tried with it yet. */
export class UnprocessedError extends Error {
  override readonly name = 'UnprocessedError';
  /** The claim has its volume, and only its status does not say so yet: that is a matter of one more write. */
  readonly isAlmostBound: boolean;

  constructor(message: string, { isAlmostBound = false, ...options }: ErrorOptions & { isAlmostBound?: boolean } = {}) {
    super(message, options);
    this.isAlmostBound = isAlmostBound;
  }
}
