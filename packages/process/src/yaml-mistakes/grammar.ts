import { type Mark, YamlMistake } from './mistake.ts';
import { type Token, type TokenKind, YamlScanner } from './scanner.ts';

/** How Go's parser (go-yaml v2) reads a text. */
interface GoReading {
  /** What is wrong, in that parser's words with the number of its line: users find answers for those. */
  readonly problem?: string;
  /** How far it reads: what follows a document without a `---` between is left alone. */
  readonly end: number;
}

/** Reads all documents of a text as Go's parser does. */
export function goReading(text: string): GoReading {
  try {
    if (control.test(text)) throw YamlMistake.withoutLine('control characters are not allowed');
    return { end: new Grammar(text).stream() };
  } catch (error) {
    if (!(error instanceof YamlMistake)) throw error;
    return { problem: `yaml: ${error.line > 0 ? `line ${error.line}: ` : ''}${error.message}`, end: text.length };
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: YAML has none of these
const control = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]/;

class Grammar {
  readonly #tokens: YamlScanner;
  #anchors = new Set<string>();
  #handles = new Set<string>();

  constructor(text: string) {
    this.#tokens = new YamlScanner(text);
  }

  /** Returns where it ends. */
  stream(): number {
    this.#document({ isFirst: true });
    for (;;) {
      while (this.#skips('document-end'));
      if (!this.#is('document-start')) return this.#tokens.peek().start.index;
      this.#document({ isFirst: false });
    }
  }

  #document({ isFirst }: { isFirst: boolean }): void {
    this.#anchors = new Set();
    this.#handles = new Set();
    const isImplicit = isFirst && !this.#is('version', 'tag-directive', 'document-start', 'stream-end');
    if (this.#is('stream-end')) return;
    this.#directives();
    if (!isImplicit) {
      if (!this.#is('document-start')) this.#fail('did not find expected <document start>');
      this.#tokens.next();
      if (this.#is('version', 'tag-directive', 'document-start', 'document-end', 'stream-end')) return;
    }
    this.#node({ isBlock: true });
    this.#tokens.peek();
  }

  #directives(): void {
    let hasVersion = false;
    for (; this.#is('version', 'tag-directive'); this.#tokens.next()) {
      const { kind, value = '' } = this.#tokens.peek();
      if (kind === 'version') {
        if (hasVersion) this.#fail('found duplicate %YAML directive');
        if (value !== '1.1') this.#fail('found incompatible YAML document');
        hasVersion = true;
      } else {
        if (this.#handles.has(value)) this.#fail('found duplicate %TAG directive');
        this.#handles.add(value);
      }
    }
    this.#handles.add('!').add('!!');
  }

  #node({ isBlock, isListAllowed = false }: { isBlock: boolean; isListAllowed?: boolean }): void {
    const { start } = this.#tokens.peek();
    if (this.#is('alias')) {
      const { value = '' } = this.#tokens.next();
      if (!this.#anchors.has(value)) throw YamlMistake.withoutLine(`unknown anchor '${value}' referenced`);
      return;
    }
    const hasProperties = this.#properties(start);
    if (isListAllowed && this.#is('-')) this.#listAtKey();
    else if (this.#is('[')) this.#brackets();
    else if (this.#is('{')) this.#braces();
    else if (isBlock && this.#is('block-sequence-start')) this.#list();
    else if (isBlock && this.#is('block-mapping-start')) this.#mapping();
    else if (!this.#skips('scalar') && !hasProperties) this.#fail('did not find expected node content', start);
  }

  /** An anchor and a tag, in either order. Returns whether there is one of them. */
  #properties(start: Mark): boolean {
    const first = this.#property('anchor', 'tag');
    if (!first) return false;
    const second = this.#property(first.kind === 'anchor' ? 'tag' : 'anchor');
    for (const { kind, value = '', start: at } of [first, ...(second ? [second] : [])]) {
      if (kind === 'anchor') this.#anchors.add(value);
      else if (value !== '' && !this.#handles.has(value))
        throw this.#mistake('found undefined tag handle', { start, at });
    }
    return true;
  }

  #property(...kinds: readonly TokenKind[]): Token | undefined {
    return this.#is(...kinds) ? this.#tokens.next() : undefined;
  }

  #list(): void {
    const { start } = this.#tokens.next();
    while (this.#skips('-')) if (!this.#is('-', 'block-end')) this.#node({ isBlock: true });
    if (!this.#skips('block-end')) this.#fail("did not find expected '-' indicator", start);
  }

  /** A list as deep as the key that it belongs to. */
  #listAtKey(): void {
    while (this.#skips('-')) if (!this.#is('-', 'key', 'value', 'block-end')) this.#node({ isBlock: true });
  }

  #mapping(): void {
    const { start } = this.#tokens.next();
    while (this.#skips('key')) {
      if (!this.#is('key', 'value', 'block-end')) this.#node({ isBlock: true, isListAllowed: true });
      if (this.#skips('value') && !this.#is('key', 'value', 'block-end'))
        this.#node({ isBlock: true, isListAllowed: true });
    }
    if (!this.#skips('block-end')) this.#fail('did not find expected key', start);
  }

  #brackets(): void {
    const { start } = this.#tokens.next();
    for (let isFirst = true; !this.#is(']'); isFirst = false) {
      if (!isFirst && !this.#skips(',')) this.#fail("did not find expected ',' or ']'", start);
      if (this.#skips('key')) this.#pair();
      else if (!this.#is(']')) this.#node({ isBlock: false });
    }
    this.#tokens.next();
  }

  /** `a: b` among the items of a list. */
  #pair(): void {
    if (!this.#is('value', ',', ']')) this.#node({ isBlock: false });
    // What is there instead of a key counts as one.
    else this.#tokens.next();
    if (this.#skips('value') && !this.#is(',', ']')) this.#node({ isBlock: false });
  }

  #braces(): void {
    const { start } = this.#tokens.next();
    for (let isFirst = true; !this.#is('}'); isFirst = false) {
      if (!isFirst && !this.#skips(',')) this.#fail("did not find expected ',' or '}'", start);
      if (this.#skips('key')) {
        if (!this.#is('value', ',', '}')) this.#node({ isBlock: false });
        if (this.#skips('value') && !this.#is(',', '}')) this.#node({ isBlock: false });
      } else if (!this.#is('}')) this.#node({ isBlock: false });
    }
    this.#tokens.next();
  }

  #is(...kinds: readonly TokenKind[]): boolean {
    return kinds.includes(this.#tokens.peek().kind);
  }

  /** Whether there was one, which is behind then. */
  #skips(kind: TokenKind): boolean {
    if (!this.#is(kind)) return false;
    this.#tokens.next();
    return true;
  }

  #fail(problem: string, start?: Mark): never {
    const at = this.#tokens.peek().start;
    throw this.#mistake(problem, { start: start ?? at, at });
  }

  /** The line is that of what it is about, unless it is found on the first line. */
  #mistake(problem: string, { start, at }: { start: Mark; at: Mark }): YamlMistake {
    return YamlMistake.ofGrammar(problem, at.line === 0 ? start : at);
  }
}
