/** One word of a Corefile, and where it stands. */
export interface Word {
  readonly text: string;
  readonly file: string;
  /** The first is 1. */
  readonly line: number;
  /** It is the first of its line. */
  readonly startsLine: boolean;
  /** It stood between double quotes: its braces are text. */
  readonly quoted: boolean;
}

/** What is wrong with a Corefile, in the words of CoreDNS. */
export class CorefileError extends Error {
  override readonly name = 'CorefileError';
}

/** `Corefile:3 - Error during parsing: …` */
export function problemAt({ file, line }: Pick<Word, 'file' | 'line'>, problem: string): CorefileError {
  return new CorefileError(`${file}:${line} - Error during parsing: ${problem}`);
}

/** Too few words, or too many, after this one. */
export function wrongCount(word: Word): CorefileError {
  return problemAt(word, `Wrong argument count or unexpected line ending after '${word.text}'`);
}

/**
 * The words of a Corefile: between white space, or between double quotes, in which `\"` stands for a quote. A `#` where a word could begin
 * makes the rest of the line a comment. `{$NAME}` and `{%NAME%}` stand for variables of the environment.
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
