/** What a volume is cannot be told: its claim is not bound, for one. Nothing has been tried with it yet. */
export class UnprocessedError extends Error {
  override readonly name = 'UnprocessedError';
}
