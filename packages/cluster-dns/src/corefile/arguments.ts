import { durationProblem, parseDuration } from '@typernetes/process';
import type { Line } from './server-blocks.ts';
import { CorefileError, problemAt, type Word, wrongCount } from './word.ts';

/** The words after the first. */
export function argumentsOf({ words }: Line): string[] {
  return words.slice(1).map(({ text }) => text);
}

const lastOf = ({ words }: Line): Word => words.at(-1) as Word;

/** The arguments, of which there have to be so many. */
export function counted(line: Line, least: number, most: number = least): string[] {
  const given = argumentsOf(line);
  if (given.length < least || given.length > most) throw wrongCount(lastOf(line));
  return given;
}

/** The only argument. */
export function single(line: Line): string {
  return counted(line, 1)[0] as string;
}

export function unknownProperty({ words: [word] }: Line): CorefileError {
  return problemAt(word, `unknown property '${word.text}'`);
}

/** An option that CoreDNS has and this program has not. */
export function missingProperty({ words: [word] }: Line): CorefileError {
  return problemAt(word, `property '${word.text}' is not part of this cluster DNS`);
}

/** The line of a plugin that may occur only once. */
export function once(lines: readonly Line[]): Line {
  if (lines.length > 1) throw new CorefileError('this plugin can only be used once per Server Block');
  return lines[0] as Line;
}

/** Throws in the words of Go's strconv for an invalid number. */
export function integer(text: string): number {
  if (!/^[+-]?\d+$/.test(text))
    throw new CorefileError(`strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

/** Milliseconds of a Go duration. */
export function milliseconds(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new CorefileError(durationProblem(text) ?? text);
  return ms;
}

/** A regular expression in Go's syntax, as far as JavaScript knows it. */
export function pattern(text: string): RegExp {
  try {
    return new RegExp(text.replaceAll('(?P<', '(?<').replace(/^\(\?i\)/, ''), text.startsWith('(?i)') ? 'i' : '');
  } catch {
    throw new CorefileError(`error parsing regexp: ${JSON.stringify(text)}`);
  }
}
