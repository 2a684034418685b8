/** Where a command writes: streams as parameters, so that tests read what users see. */
export interface Output {
  /** Standard output; the text carries its own line ends. */
  out(text: string): void;
  /** Standard error. */
  err(text: string): void;
}

/** A failure that ends the program: the message is printed as it is, `exitCode` is what the shell sees. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: number;

  constructor(message: string, options: { exitCode?: number; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.exitCode = options.exitCode ?? 1;
  }
}
