/** Upstream's file and line: people filter for them. */
export type LogPlace = `${string}.go:${number}`;

/** Writes a line if `-v` is at least `level`. */
export type LogLine = (level: number, place: LogPlace, text: string) => void;

/** A command's output streams, passed as parameters so that tests can read them. */
export interface Output {
  /** Writes to standard output; the text contains its line ends. */
  out(text: string): void;
  /** Standard error. */
  err(text: string): void;
  /** Logs what `-v` asks for; absent without `-v`. */
  readonly log?: LogLine;
}

/** An error that ends the program; its message is printed unchanged. The exit code is 1, as for every failure since Kubernetes 1.34. */
export class CommandError extends Error {
  override readonly name = 'CommandError';

  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
  }
}
