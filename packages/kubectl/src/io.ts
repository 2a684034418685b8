/** A command's input and output streams, passed as parameters. */
export interface Io {
  out(text: string): void;
  /** Whether the output is a terminal. */
  readonly outIsTerminal?: boolean;
  readonly errIsTerminal?: boolean;
  err(text: string): void;
  /** Writes bytes to standard output or error unchanged. */
  outBytes(bytes: Uint8Array): void;
  errBytes(bytes: Uint8Array): void;
  readonly stdin: Stdin;
}

export interface Stdin {
  readonly isTerminal: boolean;
  /** Reads everything up to the end. */
  text(): Promise<string>;
  /** Reads the next word synchronously, and nothing after it. Undefined at the end. */
  word(): string | undefined;
  /** Prompts for a line without echo, synchronously. Undefined at the end. */
  hiddenLine(prompt: string): string | undefined;
  /** Chunks of input as they arrive; in raw mode while a terminal is attached. */
  open(options: { raw: boolean }): AsyncIterable<Uint8Array> & { close(): void };
  /** The size of the terminal now and whenever it changes. Returns a function that stops it. */
  onResize(listener: (size: { columns: number; rows: number }) => void): () => void;
}

/** A failure with a complete text, printed without "error: ". */
export class PlainError extends Error {
  override readonly name = 'PlainError';
  readonly exitCode: number;
  /** Text for standard output, printed before. */
  readonly output: string;
  constructor(message: string, exitCode = 1, output = '') {
    super(message);
    this.exitCode = exitCode;
    this.output = output;
  }
}
