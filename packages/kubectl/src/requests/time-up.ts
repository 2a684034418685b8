/** `--request-timeout` expired while a response was read. */
export class TimeUpError extends Error {
  override readonly name = 'TimeUpError';
  constructor() {
    super('context deadline exceeded (Client.Timeout or context cancellation while reading body)');
  }
}

export const isTimeUp = (error: unknown): boolean => error instanceof Error && error.name === 'TimeUpError';
