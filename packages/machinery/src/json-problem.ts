/**
 * The problem of invalid JSON, in the words of upstream's parser, which reads byte by byte and reports the first
 * unexpected one. Empty for valid JSON.
 */
export function jsonProblem(text: string): string {
  try {
    new Scanner(Buffer.from(text)).document();
    return '';
  } catch (error) {
    if (error instanceof Misfit) return error.message;
    // Nested too deeply for this program; upstream has such a limit as well.
    if (error instanceof RangeError) return 'exceeded max depth';
    throw error;
  }
}

class Misfit extends Error {}

const codeOf = (character: string): number => character.charCodeAt(0);
const [quote, backslash, colon, comma] = [codeOf('"'), codeOf('\\'), codeOf(':'), codeOf(',')];
const [openBrace, closeBrace, openBracket, closeBracket] = [codeOf('{'), codeOf('}'), codeOf('['), codeOf(']')];
const literals = ['true', 'false', 'null'];

class Scanner {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  document(): void {
    this.#value('looking for beginning of value');
    this.#skipSpace();
    if (this.#at < this.#bytes.length) throw this.#misfit('after top-level value');
  }

  #value(expectation: string): void {
    const first = this.#next();
    if (first === openBrace) this.#object();
    else if (first === openBracket) this.#array();
    else if (first === quote) this.#string();
    else if (first === codeOf('-') || isDigit(first)) this.#number();
    else {
      const literal = literals.find((one) => codeOf(one) === first);
      if (!literal) throw this.#misfit(expectation);
      this.#literal(literal);
    }
  }

  #object(): void {
    this.#at++;
    const key = 'looking for beginning of object key string';
    if (this.#next() === closeBrace) {
      this.#at++;
      return;
    }
    for (;;) {
      if (this.#next() !== quote) throw this.#misfit(key);
      this.#string();
      if (this.#next() !== colon) throw this.#misfit('after object key');
      this.#at++;
      this.#value('looking for beginning of value');
      const after = this.#next();
      if (after !== comma && after !== closeBrace) throw this.#misfit('after object key:value pair');
      this.#at++;
      if (after === closeBrace) return;
    }
  }

  #array(): void {
    this.#at++;
    if (this.#next() === closeBracket) {
      this.#at++;
      return;
    }
    for (;;) {
      this.#value('looking for beginning of value');
      const after = this.#next();
      if (after !== comma && after !== closeBracket) throw this.#misfit('after array element');
      this.#at++;
      if (after === closeBracket) return;
    }
  }

  #string(): void {
    this.#at++;
    for (;;) {
      const byte = this.#byte();
      if (byte < 0x20) throw this.#misfit('in string literal');
      this.#at++;
      if (byte === quote) return;
      if (byte === backslash) this.#escape();
    }
  }

  #escape(): void {
    const byte = this.#byte();
    if (!'bfnrt\\/"u'.includes(String.fromCharCode(byte))) throw this.#misfit('in string escape code');
    this.#at++;
    if (byte !== codeOf('u')) return;
    for (let digits = 0; digits < 4; digits++) {
      if (!/[0-9a-f]/i.test(String.fromCharCode(this.#byte())))
        throw this.#misfit('in \\u hexadecimal character escape');
      this.#at++;
    }
  }

  #number(): void {
    if (this.#byte() === codeOf('-')) this.#at++;
    if (this.#byte() === codeOf('0')) this.#at++;
    else this.#digits('in numeric literal');
    if (this.#bytes[this.#at] === codeOf('.')) {
      this.#at++;
      this.#digits('after decimal point in numeric literal');
    }
    const exponent = this.#bytes[this.#at];
    if (exponent !== codeOf('e') && exponent !== codeOf('E')) return;
    this.#at++;
    const sign = this.#byte();
    if (sign === codeOf('+') || sign === codeOf('-')) this.#at++;
    this.#digits('in exponent of numeric literal');
  }

  #digits(where: string): void {
    if (!isDigit(this.#byte())) throw this.#misfit(where);
    while (isDigit(this.#bytes[this.#at] ?? 0)) this.#at++;
  }

  #literal(literal: string): void {
    for (const character of literal) {
      if (this.#byte() !== codeOf(character)) throw this.#misfit(`in literal ${literal} (expecting '${character}')`);
      this.#at++;
    }
  }

  /** The next byte that is not white space. */
  #next(): number {
    this.#skipSpace();
    return this.#byte();
  }

  #skipSpace(): void {
    while (' \t\r\n'.includes(String.fromCharCode(this.#bytes[this.#at] ?? 0))) this.#at++;
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new Misfit('unexpected end of JSON input');
    return byte;
  }

  #misfit(where: string): Misfit {
    return new Misfit(`invalid character ${characterText(this.#byte())} ${where}`);
  }
}

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;

/** A byte as Go quotes a character. */
function characterText(byte: number): string {
  const character = String.fromCharCode(byte);
  if (character === "'") return "'\\''";
  if (character === '"') return `'"'`;
  const escaped = JSON.stringify(character).slice(1, -1);
  return `'${escaped.startsWith('\\u') ? `\\x${byte.toString(16).padStart(2, '0')}` : escaped}'`;
}
