/** Where a command writes: streams as parameters, so that tests read what users see. */
export interface Output {
  /** Standard output; the text carries its own line ends. */
  out(text: string): void;
  /** Standard error. */
  err(text: string): void;
}

/** A failure that ends the program: the message is printed as it is. The shell sees 1, as of every failure since Kubernetes 1.34. */
export class CommandError extends Error {
  override readonly name = 'CommandError';

  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
  }
}
