import { CelUint } from '../values/value.ts';
import { readBytes, readText } from './escapes.ts';
import { CelCompileError } from './source-error.ts';

type TokenKind = 'ident' | 'quoted' | 'int' | 'uint' | 'double' | 'string' | 'bytes' | 'punct' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** The source text; for quoted identifiers, the text inside the quotes. */
  readonly text: string;
  readonly at: number;
  readonly value?: bigint | number | string | Uint8Array | CelUint;
}

const number = /(?:\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)|(?:0x[0-9a-fA-F]+|\d+)[uU]?/y;
const identifier = /[A-Za-z_][A-Za-z0-9_]*/y;
const quotedIdentifier = /`([A-Za-z0-9_.\-/ ]+)`/y;
const textStart = /([bB]?[rR]?|[rR][bB])("""|'''|"|')/y;
const blank = /(?:[\t\n\f\r ]+|\/\/[^\n]*)+/y;
const punctuation = /==|!=|<=|>=|&&|\|\||[-+*/%!<>()[\]{}.,:?]/y;

const maxInt = 2n ** 63n - 1n;
const maxUint = 2n ** 64n - 1n;

/** Throws {@link CelCompileError}. */
export function tokens(source: string): Token[] {
  const found: Token[] = [];
  let at = 0;
  const fail = (message: string, where = at): never => {
    throw new CelCompileError(source, [{ at: where, message: `Syntax error: ${message}` }]);
  };
  const match = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(source) ?? undefined;
  };
  for (;;) {
    at += match(blank)?.[0].length ?? 0;
    if (at >= source.length) break;
    const start = match(textStart);
    if (start) {
      const [opening, prefix = '', quote = ''] = start;
      const raw = /r/i.test(prefix);
      const end = closing(source, at + opening.length, { quote, raw });
      if (end < 0) fail(`token recognition error at: '${source.slice(at).split('\n')[0]}'`);
      const body = source.slice(at + opening.length, end);
      const bytes = /b/i.test(prefix);
      let value: string | Uint8Array = '';
      try {
        value = bytes ? readBytes(body, raw) : readText(body, raw);
      } catch (error) {
        fail((error as Error).message);
      }
      found.push({ kind: bytes ? 'bytes' : 'string', text: source.slice(at, end + quote.length), at, value });
      at = end + quote.length;
      continue;
    }
    const digits = match(number);
    const text = (digits ?? match(identifier) ?? match(punctuation))?.[0];
    if (text === undefined) {
      const quoted = match(quotedIdentifier);
      if (!quoted) fail(`token recognition error at: '${String.fromCodePoint(source.codePointAt(at) ?? 0)}'`);
      found.push({ kind: 'quoted', text: quoted?.[1] ?? '', at });
      at += quoted?.[0].length ?? 1;
      continue;
    }
    if (digits && text !== '.') found.push(numberToken(text, at, fail));
    else found.push({ kind: identifierStart.test(text) ? 'ident' : 'punct', text, at });
    at += text.length;
  }
  found.push({ kind: 'end', text: '<EOF>', at: source.length });
  return found;
}

const identifierStart = /^[A-Za-z_]/;

/**
 * Accepts one more than the largest int: the smallest int is this number behind a minus sign, which the parser
 * combines.
 */
function numberToken(text: string, at: number, fail: (message: string) => never): Token {
  if (/^0x/.test(text) ? false : /[.eE]/.test(text)) return { kind: 'double', text, at, value: Number(text) };
  if (/[uU]$/.test(text)) {
    const value = BigInt(text.slice(0, -1));
    return value > maxUint ? fail('invalid uint literal') : { kind: 'uint', text, at, value: new CelUint(value) };
  }
  const value = BigInt(text);
  return value > maxInt + 1n ? fail('invalid int literal') : { kind: 'int', text, at, value };
}

function closing(source: string, from: number, { quote, raw }: { quote: string; raw: boolean }): number {
  for (let i = from; i < source.length; i++) {
    if (source.startsWith(quote, i)) return i;
    if (source[i] === '\\' && !raw) i++;
    else if (source[i] === '\n' && quote.length === 1) return -1;
  }
  return -1;
}
