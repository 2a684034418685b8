import { Characters } from './characters.ts';
import { type Mark, YamlMistake } from './mistake.ts';
import { skipBlockScalar, skipPlain, skipQuoted } from './scalars.ts';
import { readDirective, readTag } from './tags.ts';

export type TokenKind =
  | 'stream-end'
  | 'version'
  | 'tag-directive'
  | 'document-start'
  | 'document-end'
  | 'block-sequence-start'
  | 'block-mapping-start'
  | 'block-end'
  | '['
  | ']'
  | '{'
  | '}'
  | ','
  | '-'
  | 'key'
  | 'value'
  | 'alias'
  | 'anchor'
  | 'tag'
  | 'scalar';

export interface Token {
  readonly kind: TokenKind;
  readonly start: Mark;
  /** A name, a handle or a version. */
  readonly value?: string;
}

/** What may turn out to be a key, when a colon follows on its line. */
interface SimpleKey {
  isPossible: boolean;
  /** Nothing else may stand there. */
  readonly isRequired: boolean;
  readonly number: number;
  readonly mark: Mark;
}

/** A key is no longer than this. */
const longestKey = 1024;

/** The tokens of a YAML text, and where they stop being some, as Go's parser (go-yaml v2) has them; what they say is left out. */
export class YamlScanner {
  readonly #text: Characters;
  readonly #tokens: Token[] = [];
  #taken = 0;
  #indent = -1;
  readonly #indents: number[] = [];
  #depth = 0;
  #isKeyAllowed = true;
  readonly #keys: SimpleKey[] = [];
  /** Places in the list of keys by the numbers of their tokens. */
  readonly #keyPlaces = new Map<number, number>();
  #isReady = false;

  constructor(text: string) {
    this.#text = new Characters(text);
    this.#keys.push({ isPossible: false, isRequired: false, number: 0, mark: this.#text.mark });
  }

  /** The next token. */
  peek(): Token {
    if (!this.#isReady) {
      while (this.#needsMore()) this.#fetch();
      this.#isReady = true;
    }
    return this.#tokens[0] as Token;
  }

  next(): Token {
    const token = this.peek();
    this.#isReady = false;
    this.#taken++;
    this.#tokens.shift();
    return token;
  }

  /** Whether a key may have to be put before the first token yet. */
  #needsMore(): boolean {
    if (this.#tokens.length === 0) return true;
    const place = this.#keyPlaces.get(this.#taken);
    const key = place === undefined ? undefined : this.#keys[place];
    return key !== undefined && this.#isValid(key);
  }

  #add(
    kind: TokenKind,
    { value, start = this.#text.mark, at }: { value?: string; start?: Mark; at?: number } = {},
  ): void {
    const token = { kind, start, ...(value === undefined ? {} : { value }) };
    if (at === undefined) this.#tokens.push(token);
    else this.#tokens.splice(at, 0, token);
  }

  #fetch(): void {
    const text = this.#text;
    this.#skipToToken();
    this.#unroll(text.column);
    const sign = text.at();
    if (sign === undefined) this.#endStream();
    else if (text.column === 0 && sign === '%') this.#directive();
    else if (text.isDocumentIndicator()) this.#document();
    else this.#scan(sign);
  }

  #scan(sign: string): void {
    if (sign === '[' || sign === '{') this.#open(sign);
    else if (sign === ']' || sign === '}') this.#close(sign);
    else if (sign === ',') this.#sign(',', { allowsKey: true });
    else if (sign === '*') this.#name('alias');
    else if (sign === '&') this.#name('anchor');
    else if (sign === '!') this.#scanned('tag', () => readTag(this.#text));
    else if (sign === '"' || sign === "'") this.#scanned('scalar', () => skipQuoted(this.#text));
    else if ((sign === '|' || sign === '>') && this.#depth === 0) this.#blockScalar();
    else if (sign === '-' && this.#text.isGap(1)) this.#entry();
    else if (sign === '?' && (this.#depth > 0 || this.#text.isGap(1))) this.#key();
    else if (sign === ':' && (this.#depth > 0 || this.#text.isGap(1))) this.#value();
    else if (this.#startsPlain(sign)) this.#plainScalar();
    else throw YamlMistake.ofScanner('found character that cannot start any token', this.#text.mark);
  }

  #startsPlain(sign: string): boolean {
    if (sign === '-') return !this.#text.isBlank(1);
    if (sign === '?' || sign === ':') return this.#depth === 0 && !this.#text.isGap(1);
    return !this.#text.isGap() && !'#|>%@`'.includes(sign);
  }

  #skipToToken(): void {
    const text = this.#text;
    for (;;) {
      if (text.column === 0 && text.at() === '\ufeff') text.skip();
      while (text.at() === ' ' || (text.at() === '\t' && (this.#depth > 0 || !this.#isKeyAllowed))) text.skip();
      text.skipComment();
      if (!text.isBreak()) return;
      text.skipBreak();
      if (this.#depth === 0) this.#isKeyAllowed = true;
    }
  }

  /** Whether it may still be a key. Throws where it has to be one and is not. */
  #isValid(key: SimpleKey): boolean {
    if (!key.isPossible) return false;
    const { line, index } = this.#text.mark;
    if (key.mark.line >= line && key.mark.index + longestKey >= index) return true;
    if (key.isRequired) throw YamlMistake.ofScanner("could not find expected ':'", this.#text.mark);
    key.isPossible = false;
    return false;
  }

  #saveKey(): void {
    if (!this.#isKeyAllowed) return;
    const isRequired = this.#depth === 0 && this.#indent === this.#text.column;
    const key = { isPossible: true, isRequired, number: this.#number(), mark: this.#text.mark };
    this.#dropKey();
    this.#keys[this.#keys.length - 1] = key;
    this.#keyPlaces.set(key.number, this.#keys.length - 1);
  }

  /** Of the token that comes next. */
  #number(): number {
    return this.#taken + this.#tokens.length;
  }

  #dropKey(): void {
    const key = this.#keys.at(-1) as SimpleKey;
    if (!key.isPossible) return;
    if (key.isRequired) throw YamlMistake.ofScanner("could not find expected ':'", this.#text.mark);
    key.isPossible = false;
    this.#keyPlaces.delete(key.number);
  }

  #roll(column: number, { kind, number, start }: { kind: TokenKind; number?: number; start?: Mark }): void {
    if (this.#depth > 0 || this.#indent >= column) return;
    this.#indents.push(this.#indent);
    this.#indent = column;
    this.#add(kind, {
      ...(start ? { start } : {}),
      ...(number === undefined ? {} : { at: number - this.#taken }),
    });
  }

  #unroll(column: number): void {
    if (this.#depth > 0) return;
    while (this.#indent > column) {
      this.#add('block-end');
      this.#indent = this.#indents.pop() as number;
    }
  }

  #endStream(): void {
    this.#text.endLine();
    this.#leaveBlocks();
    this.#add('stream-end');
  }

  #leaveBlocks(): void {
    this.#unroll(-1);
    this.#dropKey();
    this.#isKeyAllowed = false;
  }

  #directive(): void {
    this.#leaveBlocks();
    const start = this.#text.mark;
    const directive = readDirective(this.#text);
    if (directive.kind === 'version') this.#add('version', { start, value: directive.version });
    else this.#add('tag-directive', { start, value: directive.handle });
  }

  #document(): void {
    this.#leaveBlocks();
    this.#add(this.#text.at() === '-' ? 'document-start' : 'document-end');
    this.#text.skip(3);
  }

  #open(kind: '[' | '{'): void {
    this.#saveKey();
    this.#keys.push({ isPossible: false, isRequired: false, number: this.#number(), mark: this.#text.mark });
    this.#depth++;
    this.#isKeyAllowed = true;
    this.#add(kind);
    this.#text.skip();
  }

  #close(kind: ']' | '}'): void {
    this.#dropKey();
    if (this.#depth > 0) {
      this.#depth--;
      this.#keyPlaces.delete((this.#keys.pop() as SimpleKey).number);
    }
    this.#isKeyAllowed = false;
    this.#add(kind);
    this.#text.skip();
  }

  #sign(kind: TokenKind, { allowsKey }: { allowsKey: boolean }): void {
    this.#dropKey();
    this.#isKeyAllowed = allowsKey;
    this.#add(kind);
    this.#text.skip();
  }

  #entry(): void {
    this.#startBlock('block-sequence-start', 'block sequence entries are not allowed in this context');
    this.#sign('-', { allowsKey: true });
  }

  #key(): void {
    this.#startBlock('block-mapping-start', 'mapping keys are not allowed in this context');
    this.#sign('key', { allowsKey: this.#depth === 0 });
  }

  #startBlock(kind: TokenKind, problem: string): void {
    if (this.#depth > 0) return;
    if (!this.#isKeyAllowed) throw YamlMistake.ofScanner(problem, this.#text.mark);
    this.#roll(this.#text.column, { kind });
  }

  #value(): void {
    const key = this.#keys.at(-1) as SimpleKey;
    if (this.#isValid(key)) {
      const { number, mark: start } = key;
      this.#add('key', { start, at: number - this.#taken });
      this.#roll(start.column, { kind: 'block-mapping-start', number, start });
      key.isPossible = false;
      this.#keyPlaces.delete(number);
      this.#isKeyAllowed = false;
    } else {
      this.#startBlock('block-mapping-start', 'mapping values are not allowed in this context');
      this.#isKeyAllowed = this.#depth === 0;
    }
    this.#add('value');
    this.#text.skip();
  }

  #name(kind: 'alias' | 'anchor'): void {
    this.#scanned(kind, () => {
      this.#text.skip();
      const name = this.#text.readWord();
      if (name === '' || !(this.#text.isGap() || '?:,]}%@`'.includes(this.#text.at() as string)))
        throw YamlMistake.ofScanner('did not find expected alphabetic or numeric character', this.#text.mark);
      return name;
    });
  }

  /** What may be a key, or stand before one. */
  #scanned(kind: TokenKind, scan: () => unknown): void {
    this.#saveKey();
    this.#isKeyAllowed = false;
    const start = this.#text.mark;
    const value = scan();
    this.#add(kind, { start, ...(typeof value === 'string' ? { value } : {}) });
  }

  #blockScalar(): void {
    this.#dropKey();
    this.#isKeyAllowed = true;
    const start = this.#text.mark;
    skipBlockScalar(this.#text, { indent: this.#indent, isInBrackets: false });
    this.#add('scalar', { start });
  }

  #plainScalar(): void {
    let isLineStart = false;
    this.#scanned('scalar', () => {
      isLineStart = skipPlain(this.#text, { indent: this.#indent, isInBrackets: this.#depth > 0 });
    });
    if (isLineStart) this.#isKeyAllowed = true;
  }
}
