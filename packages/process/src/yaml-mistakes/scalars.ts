import type { Characters } from './characters.ts';
import { YamlMistake } from './mistake.ts';

/** Where a scalar stands: how far what holds it is indented, and whether that is in brackets. */
interface Surrounding {
  readonly indent: number;
  readonly isInBrackets: boolean;
}

/** Behind `|` or `>`. */
export function skipBlockScalar(text: Characters, { indent: outer }: Surrounding): void {
  const wrong = (problem: string): never => {
    throw YamlMistake.ofScanner(problem, text.mark);
  };
  text.skip();
  const isChomping = (): boolean => text.at() === '+' || text.at() === '-';
  const digit = (): number => {
    if (!/^\d$/.test(text.at() ?? '')) return 0;
    if (text.at() === '0') wrong('found an indentation indicator equal to 0');
    const value = Number(text.at());
    text.skip();
    return value;
  };
  let increment = 0;
  if (isChomping()) {
    text.skip();
    increment = digit();
  } else {
    increment = digit();
    if (increment > 0 && isChomping()) text.skip();
  }
  text.skipBlanks();
  text.skipComment();
  if (!text.isEnd() && !text.isBreak()) wrong('did not find expected comment or line break');
  if (text.isBreak()) text.skipBreak();
  let indent = increment > 0 ? Math.max(outer, 0) + increment : 0;
  indent = skipEmptyLines(text, { indent, outer });
  while (text.column === indent && !text.isEnd()) {
    while (!text.isEnd() && !text.isBreak()) text.skip();
    if (text.isBreak()) text.skipBreak();
    skipEmptyLines(text, { indent, outer });
  }
}

/** Returns the indentation, which the first lines tell when it is 0. */
function skipEmptyLines(text: Characters, { indent, outer }: { indent: number; outer: number }): number {
  let deepest = 0;
  for (;;) {
    const isBefore = (): boolean => indent === 0 || text.column < indent;
    while (isBefore() && text.at() === ' ') text.skip();
    deepest = Math.max(deepest, text.column);
    if (isBefore() && text.at() === '\t')
      throw YamlMistake.ofScanner('found a tab character where an indentation space is expected', text.mark);
    if (!text.isBreak()) break;
    text.skipBreak();
  }
  return indent === 0 ? Math.max(deepest, outer + 1, 1) : indent;
}

/** In single or double quotes. */
export function skipQuoted(text: Characters): void {
  const quote = text.at();
  text.skip();
  for (;;) {
    if (text.isDocumentIndicator()) throw YamlMistake.ofScanner('found unexpected document indicator', text.mark);
    if (text.isEnd()) throw YamlMistake.ofScanner('found unexpected end of stream', text.mark);
    while (!text.isGap()) {
      if (quote === "'" && text.startsWith("''")) text.skip(2);
      else if (text.at() === quote) break;
      else if (quote === '"' && text.at() === '\\') {
        if (text.isBreak(1)) {
          text.skip();
          text.skipBreak();
          break;
        }
        skipEscape(text);
      } else text.skip();
    }
    if (text.at() === quote) break;
    while (text.isBlank() || text.isBreak())
      if (text.isBlank()) text.skip();
      else text.skipBreak();
  }
  text.skip();
}

const digitsOf: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

function skipEscape(text: Characters): void {
  const code = text.at(1) ?? '';
  const length = digitsOf[code] ?? 0;
  if (length === 0 && (code === '' || !'0abt\tnvfre "\'\\N_LP'.includes(code)))
    throw YamlMistake.ofScanner('found unknown escape character', text.mark);
  text.skip(2);
  let digits = '';
  for (let k = 0; k < length; k++) {
    const digit = text.at(k) ?? '';
    if (!/^[0-9a-fA-F]$/.test(digit)) throw YamlMistake.ofScanner('did not find expected hexdecimal number', text.mark);
    digits += digit;
  }
  const value = Number.parseInt(digits || '0', 16);
  if ((value >= 0xd800 && value <= 0xdfff) || value > 0x10ffff)
    throw YamlMistake.ofScanner('found invalid Unicode character escape code', text.mark);
  text.skip(length);
}

/** Without quotes. Returns whether it has ended at the start of a line. */
export function skipPlain(text: Characters, { indent, isInBrackets }: Surrounding): boolean {
  let isLineStart = false;
  for (;;) {
    if (text.isDocumentIndicator() || text.at() === '#') break;
    while (!text.isGap()) {
      const character = text.at() as string;
      if (character === ':' && text.isGap(1)) break;
      if (isInBrackets && ',?[]{}'.includes(character)) break;
      isLineStart = false;
      text.skip();
    }
    if (!text.isBlank() && !text.isBreak()) break;
    while (text.isBlank() || text.isBreak()) {
      if (text.isBreak()) {
        text.skipBreak();
        isLineStart = true;
        continue;
      }
      if (isLineStart && text.column <= indent && text.at() === '\t')
        throw YamlMistake.ofScanner('found a tab character that violates indentation', text.mark);
      text.skip();
    }
    if (!isInBrackets && text.column <= indent) break;
  }
  return isLineStart;
}
