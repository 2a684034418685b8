/** Where a command writes and what it reads: streams as parameters. */
export interface Io {
  out(text: string): void;
  /** Whether somebody reads the output on a terminal. */
  readonly outIsTerminal?: boolean;
  readonly errIsTerminal?: boolean;
  err(text: string): void;
  /** Bytes that go to standard output or error as they are. */
  outBytes(bytes: Uint8Array): void;
  errBytes(bytes: Uint8Array): void;
  readonly stdin: Stdin;
}

export interface Stdin {
  readonly isTerminal: boolean;
  /** Everything up to the end. */
  text(): Promise<string>;
  /** The next word, and nothing of what follows it; waits for it at once. Undefined at the end. */
  word(): string | undefined;
  /** A line from the terminal that nobody sees, asked for by a prompt; waits for it at once. Undefined at the end. */
  hiddenLine(prompt: string): string | undefined;
  /** Chunks as they come; in raw mode while a terminal is attached. */
  open(options: { raw: boolean }): AsyncIterable<Uint8Array> & { close(): void };
  /** The size of the terminal now and whenever it changes. Returns a function that stops it. */
  onResize(listener: (size: { columns: number; rows: number }) => void): () => void;
}

/** A failure whose text is complete: printed as it is, without "error: ". */
export class PlainError extends Error {
  override readonly name = 'PlainError';
  readonly exitCode: number;
  /** What goes to standard output before. */
  readonly output: string;
  constructor(message: string, exitCode = 1, output = '') {
    super(message);
    this.exitCode = exitCode;
    this.output = output;
  }
}
