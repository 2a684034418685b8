import type { Command } from '../command.ts';

/** The choices for the end of a line. */
export interface Completion {
  readonly words: readonly (string | readonly [word: string, remark: string])[];
  /** No blank after the word, and no file names. */
  readonly noSpace?: boolean;
  readonly files?: boolean;
  /** The words are extensions of file names. */
  readonly endings?: boolean;
  /** The words are offered without filtering, as a plugin returned them. */
  readonly asTheyAre?: boolean;
  /** A plugin's directive, in cobra's bits. */
  readonly directive?: number;
}

/** The typed line: a command, possibly incomplete, and its arguments. */
export interface Typed {
  readonly name: string;
  readonly command: Command | undefined;
  readonly positional: readonly string[];
  readonly last: string;
}
