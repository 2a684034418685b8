import { CorefileError, problemAt, type Word, wordsOf, wrongCount } from './word.ts';

/** A line of a block: a plugin with its arguments, or an option of a plugin, and the contents of braces after it. */
export interface Line {
  readonly words: readonly [Word, ...Word[]];
  readonly block: readonly Line[];
}

/** The plugins for some zones. */
export interface ServerBlock {
  readonly keys: readonly Word[];
  readonly lines: readonly Line[];
}

export interface CorefileSource {
  /** The files matched by a pattern with at most one `*`, in order; `from` is the importing file. */
  imported(pattern: string, from: string): readonly { readonly file: string; readonly text: string }[];
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Imports within imports; CoreDNS gives up there as well. */
const mostImports = 1000;

/** The server blocks of a Corefile, with snippets and files in the place of their imports. Throws a {@link CorefileError}. */
export function serverBlocks(text: string, file: string, source: CorefileSource): ServerBlock[] {
  const snippets = new Map<string, readonly Word[]>();
  let imports = 0;

  /** Replaces `import NAME` at the beginning of a line by the imported words. */
  const expanded = (words: readonly Word[]): Word[] => {
    const all: Word[] = [];
    for (let i = 0; i < words.length; i++) {
      const word = words[i] as Word;
      if (word.text !== 'import' || word.quoted || !(word.startsLine || isOpening(words[i - 1]))) {
        all.push(word);
        continue;
      }
      const name = words[i + 1];
      if (!name || name.startsLine) throw wrongCount(word);
      const next = words[i + 2];
      if (next && !next.startsLine) throw problemAt(next, 'Import takes only one argument (glob pattern or file)');
      if (++imports > mostImports) throw problemAt(name, `maximum snippet import depth (${mostImports}) exceeded`);
      const from = snippets.get(name.text) ?? filesOf(name);
      all.push(...expanded(from.map((one, at) => (at === 0 ? { ...one, startsLine: true } : one))));
      i++;
    }
    return all;
  };
  const filesOf = (name: Word): Word[] => {
    const found = source.imported(name.text, name.file);
    if (found.length === 0 && !/[*?[\]]/.test(name.text))
      throw problemAt(name, `File to import not found: ${name.text}`);
    return found.flatMap((one) => {
      const words = wordsOf(one.text, one.file, source.environment);
      return takeSnippets(words);
    });
  };
  /** Stores snippets `(name) { … }` and returns the rest. */
  const takeSnippets = (words: readonly Word[]): Word[] => {
    const left: Word[] = [];
    let depth = 0;
    for (let i = 0; i < words.length; i++) {
      const word = words[i] as Word;
      const [, name] = depth === 0 && word.startsLine ? (/^\((.+)\)$/.exec(word.text) ?? []) : [];
      if (name !== undefined && isOpening(words[i + 1])) {
        if (snippets.has(name)) throw problemAt(word, `redeclaration of previously declared snippet ${name}`);
        const end = endOfBlock(words, i + 1);
        snippets.set(name, words.slice(i + 2, end));
        i = end;
        continue;
      }
      if (isOpening(word)) depth++;
      if (isClosing(word)) depth--;
      left.push(word);
    }
    return left;
  };

  return blocksOf(expanded(takeSnippets(wordsOf(text, file, source.environment))));
}

const isOpening = (word: Word | undefined): boolean => word?.text === '{' && !word.quoted;
const isClosing = (word: Word | undefined): boolean => word?.text === '}' && !word.quoted;

function endOfBlock(words: readonly Word[], opening: number): number {
  let depth = 0;
  for (let i = opening; i < words.length; i++) {
    if (isOpening(words[i])) depth++;
    if (isClosing(words[i]) && --depth === 0) return i;
  }
  throw unexpectedEnd(words);
}

function unexpectedEnd(words: readonly Word[]): CorefileError {
  const last = words.at(-1);
  return last ? problemAt(last, 'Unexpected EOF') : new CorefileError('Unexpected EOF');
}

function blocksOf(words: readonly Word[]): ServerBlock[] {
  const blocks: ServerBlock[] = [];
  let at = 0;
  while (at < words.length) {
    const keys: Word[] = [];
    let more = true;
    while (at < words.length && !isOpening(words[at]) && (more || !words[at]?.startsLine)) {
      const word = words[at++] as Word;
      if (isClosing(word)) throw problemAt(word, "Unexpected '}' because no matching opening brace");
      more = word.text.endsWith(',');
      const text = more ? word.text.slice(0, -1) : word.text;
      if (text !== '') keys.push({ ...word, text });
    }
    const first = words[at];
    if (more && first && isOpening(first) && keys.length > 0)
      throw problemAt(first, "Expected another address but had '{' - check for extra comma");
    if (more && !first) throw unexpectedEnd(words);
    // The only server block needs no braces.
    const braces = isOpening(first);
    const { lines, next } = linesOf(words, braces ? at + 1 : at, braces);
    at = next;
    blocks.push({ keys, lines });
  }
  return blocks;
}

/** The lines up to the closing brace, or to the end. `next` is the position after that. */
function linesOf(words: readonly Word[], start: number, braces: boolean): { lines: Line[]; next: number } {
  const lines: Line[] = [];
  let at = start;
  for (;;) {
    const first = words[at];
    if (!first) {
      if (braces) throw unexpectedEnd(words);
      return { lines, next: at };
    }
    if (isClosing(first)) {
      if (!braces) throw problemAt(first, "Unexpected '}' because no matching opening brace");
      return { lines, next: at + 1 };
    }
    const line: [Word, ...Word[]] = [first];
    at++;
    while (words[at] && !words[at]?.startsLine && !isOpening(words[at])) {
      const word = words[at++] as Word;
      if (isClosing(word)) throw problemAt(word, "Unexpected '}' because no matching opening brace");
      line.push(word);
    }
    let block: Line[] = [];
    if (isOpening(words[at])) ({ lines: block, next: at } = linesOf(words, at + 1, true));
    lines.push({ words: line, block });
  }
}
