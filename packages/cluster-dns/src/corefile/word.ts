/** One word of a Corefile, and its position. */
export interface Word {
  readonly text: string;
  readonly file: string;
  /** The first is 1. */
  readonly line: number;
  /** Whether it is the first of its line. */
  readonly startsLine: boolean;
  /** Whether it was in double quotes: then its braces are text. */
  readonly quoted: boolean;
}

/** An invalid Corefile, in CoreDNS's words. */
export class CorefileError extends Error {
  override readonly name = 'CorefileError';
}

/** `Corefile:3 - Error during parsing: …` */
export function problemAt({ file, line }: Pick<Word, 'file' | 'line'>, problem: string): CorefileError {
  return new CorefileError(`${file}:${line} - Error during parsing: ${problem}`);
}

/** The wrong number of words after this one. */
export function wrongCount(word: Word): CorefileError {
  return problemAt(word, `Wrong argument count or unexpected line ending after '${word.text}'`);
}

/**
 * The words of a Corefile: separated by white space, or in double quotes, in which `\"` stands for a quote. A `#` at
 * the start of a word makes the rest of the line a comment. `{$NAME}` and `{%NAME%}` stand for environment variables.
 */
export function wordsOf(text: string, file: string, environment: Readonly<Record<string, string | undefined>>): Word[] {
  const words: Word[] = [];
  let line = 1;
  let startsLine = true;
  for (const [part] of text.matchAll(/\n|#[^\n]*|"(?:\\"|[^"])*"?|[^\s]+/g)) {
    if (part === '\n') {
      line++;
      startsLine = true;
    } else if (!part.startsWith('#')) {
      const quoted = part.startsWith('"');
      const plain = quoted ? part.replace(/^"|(?<!\\)"$/g, '').replaceAll('\\"', '"') : part;
      words.push({ text: withVariables(plain, environment), file, line, startsLine, quoted });
      line += part.split('\n').length - 1;
      startsLine = false;
    }
  }
  return words;
}

function withVariables(text: string, environment: Readonly<Record<string, string | undefined>>): string {
  return text.replaceAll(/\{%([^%}]+)%\}|\{\$([^}]+)\}/g, (_, windows?: string, unix?: string) => {
    return environment[windows ?? unix ?? ''] ?? '';
  });
}
