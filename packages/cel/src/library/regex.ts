import { RE2JS } from 're2js';
import { boolType, intType, listType, stringType } from '../types/type.ts';
import { ArrayList, CelError, type CelValue } from '../values/value.ts';
import { fn, type Library, matchesPattern, method, searches, traversal } from './overload.ts';
import { sizeOf } from './size.ts';

/** Compiled patterns: expressions use the same few again and again. */
const compiled = new Map<string, RE2JS>();
const compiledMax = 500;

/** Compiles for matching in linear time. Throws a {@link CelError}. */
export function pattern(source: string): RE2JS {
  const known = compiled.get(source);
  if (known) return known;
  let made: RE2JS;
  try {
    made = RE2JS.compile(source);
  } catch (error) {
    throw new CelError((error as Error).message);
  }
  if (compiled.size >= compiledMax) compiled.clear();
  compiled.set(source, made);
  return made;
}

const matchesText = (text: string, source: string): boolean => pattern(source).matcher(text).find();

/** A negative limit means all. */
function findAll(text: string, source: string, limit = -1n): CelValue {
  const matcher = pattern(source).matcher(text);
  const found: string[] = [];
  while ((limit < 0n || found.length < limit) && matcher.find()) found.push(matcher.group() ?? '');
  return new ArrayList(found);
}

function find(text: string, source: string): string {
  const matcher = pattern(source).matcher(text);
  return matcher.find() ? (matcher.group() ?? '') : '';
}

const two = [stringType, stringType];
const readsPart = ([, part]: readonly CelValue[]): number => traversal(sizeOf(part));

export const regularExpressions: Library = [
  method('contains', two, boolType, (text: string, part: string) => text.includes(part), searches),
  method('matches', two, boolType, matchesText, matchesPattern),
  fn('matches', two, boolType, matchesText, matchesPattern),
  method('startsWith', two, boolType, (text: string, part: string) => text.startsWith(part), readsPart),
  method('endsWith', two, boolType, (text: string, part: string) => text.endsWith(part), readsPart),
];

/** The regular expression functions that Kubernetes adds. */
export const regexSearches: Library = [
  method('find', two, stringType, find, matchesPattern),
  method('findAll', two, listType(stringType), (text: string, source: string) => findAll(text, source), matchesPattern),
  method('findAll', [...two, intType], listType(stringType), findAll, matchesPattern),
];
