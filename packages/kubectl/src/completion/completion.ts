import type { Command } from '../command.ts';

/** What may stand at the end of a line. */
export interface Completion {
  readonly words: readonly (string | readonly [word: string, remark: string])[];
  /** No blank behind the word; files are none of the choices. */
  readonly noSpace?: boolean;
  readonly files?: boolean;
  /** The words are endings of the files that are meant. */
  readonly endings?: boolean;
  /** The words are offered whatever is typed, as a plugin has said them. */
  readonly asTheyAre?: boolean;
  /** What a plugin has said to the shell, in cobra's bits. */
  readonly directive?: number;
}

/** What has been typed so far: a command, perhaps not a whole one, and what stands behind it. */
export interface Typed {
  readonly name: string;
  readonly command: Command | undefined;
  readonly positional: readonly string[];
  readonly last: string;
}
