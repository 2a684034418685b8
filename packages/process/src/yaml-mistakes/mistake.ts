/** A place in a text; lines and columns start at 0. */
export interface Mark {
  readonly index: number;
  readonly line: number;
  readonly column: number;
}

/** What is wrong with a YAML text, in the words of Go's parser, and on which line as that counts them: 0 is no line. */
export class YamlMistake extends Error {
  override readonly name = 'YamlMistake';
  readonly line: number;

  private constructor(problem: string, line: number) {
    super(problem);
    this.line = line;
  }

  /** Of its scanner, which names the line itself unless it is the first. */
  static ofScanner(problem: string, { line }: Mark): YamlMistake {
    return new YamlMistake(problem, line === 0 ? 0 : line + 1);
  }

  /** Of its grammar, which names the line before. */
  static ofGrammar(problem: string, { line }: Mark): YamlMistake {
    return new YamlMistake(problem, line);
  }

  static withoutLine(problem: string): YamlMistake {
    return new YamlMistake(problem, 0);
  }
}
