import type { Mark } from './mistake.ts';

const breaks = new Set(['\r', '\n', '\u0085', '\u2028', '\u2029']);

/** Goes through a text, and knows where it is. */
export class Characters {
  readonly #text: string;
  #index = 0;
  #line = 0;
  #column = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The character so many behind; undefined behind the end. */
  at(offset = 0): string | undefined {
    return this.#text[this.#index + offset];
  }

  get mark(): Mark {
    return { index: this.#index, line: this.#line, column: this.#column };
  }

  get column(): number {
    return this.#column;
  }

  skip(count = 1): void {
    this.#index += count;
    this.#column += count;
  }

  skipBreak(): void {
    this.#index += this.startsWith('\r\n') ? 2 : 1;
    this.#line++;
    this.#column = 0;
  }

  /** As the end of a text without a last line break is one more line. */
  endLine(): void {
    if (this.#column === 0) return;
    this.#column = 0;
    this.#line++;
  }

  startsWith(words: string): boolean {
    return this.#text.startsWith(words, this.#index);
  }

  isEnd(offset = 0): boolean {
    return this.#index + offset >= this.#text.length;
  }

  isBreak(offset = 0): boolean {
    return breaks.has(this.at(offset) ?? '');
  }

  isBlank(offset = 0): boolean {
    const character = this.at(offset);
    return character === ' ' || character === '\t';
  }

  /** A blank, a line break or the end. */
  isGap(offset = 0): boolean {
    return this.isEnd(offset) || this.isBlank(offset) || this.isBreak(offset);
  }

  /** A letter, a digit, or what names may have besides. */
  isWord(offset = 0): boolean {
    return /^[\w-]$/.test(this.at(offset) ?? '');
  }

  /** `---` or `...` at the start of a line. */
  isDocumentIndicator(): boolean {
    return this.#column === 0 && (this.startsWith('---') || this.startsWith('...')) && this.isGap(3);
  }

  skipBlanks(): void {
    while (this.isBlank()) this.skip();
  }

  skipComment(): void {
    if (this.at() === '#') while (!this.isEnd() && !this.isBreak()) this.skip();
  }

  readWord(): string {
    const start = this.#index;
    while (this.isWord()) this.skip();
    return this.#text.slice(start, this.#index);
  }
}
