import type { Characters } from './characters.ts';
import { YamlMistake } from './mistake.ts';

const wrong = (text: Characters, problem: string): never => {
  throw YamlMistake.ofScanner(problem, text.mark);
};

/** The handle of a tag: `!`, `!!`, `!name!`, or nothing when the tag is given in full. */
export function readTag(text: Characters): string {
  if (text.at(1) === '<') {
    text.skip(2);
    skipUri(text, 0);
    if (text.at() !== '>') wrong(text, "did not find the expected '>'");
    text.skip();
    return endOfTag(text, '');
  }
  const handle = readHandle(text, { isDirective: false });
  const isNamed = handle.length > 1 && handle.endsWith('!');
  const length = skipUri(text, isNamed ? 0 : handle.length);
  return endOfTag(text, isNamed ? handle : length > 1 ? '!' : '');
}

function endOfTag(text: Characters, handle: string): string {
  if (!text.isGap()) wrong(text, 'did not find expected whitespace or line break');
  return handle;
}

function readHandle(text: Characters, { isDirective }: { isDirective: boolean }): string {
  if (text.at() !== '!') wrong(text, "did not find expected '!'");
  text.skip();
  const word = text.readWord();
  if (text.at() === '!') {
    text.skip();
    return `!${word}!`;
  }
  if (isDirective && word !== '') wrong(text, "did not find expected '!'");
  return `!${word}`;
}

/** Returns how long it is, with what stands before it. */
function skipUri(text: Characters, before: number): number {
  let length = before;
  for (
    let character = text.at();
    text.isWord() || (character !== undefined && ";/?:@&=+$,.!~*'()[]%".includes(character));
    character = text.at()
  ) {
    if (character === '%' && !/^%[0-9a-fA-F]{2}$/.test(`%${text.at(1)}${text.at(2)}`))
      wrong(text, 'did not find URI escaped octet');
    text.skip(character === '%' ? 3 : 1);
    length++;
  }
  if (length === 0) wrong(text, 'did not find expected tag URI');
  return length;
}

/** `%YAML 1.1` or `%TAG ! prefix`. */
type Directive =
  | { readonly kind: 'version'; readonly version: string }
  | { readonly kind: 'tag'; readonly handle: string };

export function readDirective(text: Characters): Directive {
  text.skip();
  const name = text.readWord();
  if (name === '') wrong(text, 'could not find expected directive name');
  if (!text.isGap()) wrong(text, 'found unexpected non-alphabetical character');
  if (name !== 'YAML' && name !== 'TAG') wrong(text, 'found unknown directive name');
  text.skipBlanks();
  const directive: Directive =
    name === 'YAML' ? { kind: 'version', version: readVersion(text) } : { kind: 'tag', handle: readTagDirective(text) };
  text.skipBlanks();
  text.skipComment();
  if (!text.isEnd() && !text.isBreak()) wrong(text, 'did not find expected comment or line break');
  if (text.isBreak()) text.skipBreak();
  return directive;
}

function readVersion(text: Characters): string {
  const major = readNumber(text);
  if (text.at() !== '.') wrong(text, "did not find expected digit or '.' character");
  text.skip();
  return `${major}.${readNumber(text)}`;
}

function readNumber(text: Characters): number {
  let digits = '';
  while (/^\d$/.test(text.at() ?? '')) {
    if (digits.length === 2) wrong(text, 'found extremely long version number');
    digits += text.at();
    text.skip();
  }
  if (digits === '') wrong(text, 'did not find expected version number');
  return Number(digits);
}

function readTagDirective(text: Characters): string {
  const handle = readHandle(text, { isDirective: true });
  if (!text.isBlank()) wrong(text, 'did not find expected whitespace');
  text.skipBlanks();
  skipUri(text, 0);
  if (!text.isGap()) wrong(text, 'did not find expected whitespace or line break');
  return handle;
}
