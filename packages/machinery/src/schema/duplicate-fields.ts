import { goQuote } from '../quote.ts';

const quote = 0x22;
const comma = 0x2c;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

const isSpace = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
const endsLiteral = (code: number): boolean =>
  code === comma || code === closeBracket || code === closeBrace || isSpace(code);

/**
 * The paths of duplicate members in a JSON text, which a parser silently drops. The text must be valid: parse it first,
 * and pass its `value`. If the value is written exactly like the text, nothing was dropped; most clients write as we
 * do, and the engine writes faster than we can scan.
 */
export function duplicateFields(json: string, value?: unknown): string[] {
  return value !== undefined && JSON.stringify(value) === json ? none : searched(json);
}

const none: string[] = [];

export const unknownField = (path: string): string => `unknown field ${goQuote(path)}`;
export const duplicateField = (path: string): string => `duplicate field ${goQuote(path)}`;

/**
 * The problems with the members of a JSON text with this `value`, in order. An unknown one is only reported as unknown,
 * however often it occurs.
 */
export function memberProblems(json: string, value: unknown, unknown: readonly string[]): string[] {
  const repeated = duplicateFields(json, value);
  if (repeated.length + unknown.length < 2 || unknown.length === 0)
    return [...unknown.map(unknownField), ...repeated.map(duplicateField)];
  const problems = new Set<string>();
  const known = new Set(unknown);
  searched(json, (path, isRepeated) => {
    if (known.has(path)) problems.add(unknownField(path));
    else if (isRepeated) problems.add(duplicateField(path));
  });
  return [...problems];
}

function searched(json: string, visit?: (path: string, isRepeated: boolean) => void): string[] {
  const found: string[] = [];
  const path: (string | number)[] = [];
  let at = 0;

  const skipSpace = (): void => {
    while (isSpace(json.charCodeAt(at))) at++;
  };

  /** Leaves `at` behind the closing quote. */
  const skipString = (): void => {
    for (;;) {
      const close = json.indexOf('"', at + 1);
      let backslashes = 0;
      while (json.charCodeAt(close - 1 - backslashes) === backslash) backslashes++;
      at = close;
      if (backslashes % 2 === 0) break;
    }
    at++;
  };

  const readName = (): string => {
    const start = at;
    skipString();
    const raw = json.slice(start + 1, at - 1);
    return raw.includes('\\') ? (JSON.parse(json.slice(start, at)) as string) : raw;
  };

  const value = (): void => {
    skipSpace();
    const code = json.charCodeAt(at);
    if (code === openBrace) members();
    else if (code === openBracket) items();
    else if (code === quote) skipString();
    else while (at < json.length && !endsLiteral(json.charCodeAt(at))) at++;
  };

  const members = (): void => {
    const names: string[] = [];
    // Looking through a few names is faster than hashing them; data with thousands of keys must not take their square.
    let many: Set<string> | undefined;
    at++;
    skipSpace();
    while (json.charCodeAt(at) !== closeBrace) {
      const name = readName();
      path.push(name);
      const isRepeated = many ? many.has(name) : names.includes(name);
      if (isRepeated) found.push(textOf(path));
      visit?.(textOf(path), isRepeated);
      if (many) many.add(name);
      else if (names.push(name) > 16) many = new Set(names);
      skipSpace();
      at++;
      value();
      path.pop();
      skipSpace();
      if (json.charCodeAt(at) === comma) at++;
      skipSpace();
    }
    at++;
  };

  const items = (): void => {
    at++;
    skipSpace();
    for (let i = 0; json.charCodeAt(at) !== closeBracket; i++) {
      path.push(i);
      value();
      path.pop();
      skipSpace();
      if (json.charCodeAt(at) === comma) at++;
      skipSpace();
    }
    at++;
  };

  value();
  return [...new Set(found)];
}

function textOf(path: readonly (string | number)[]): string {
  let text = '';
  for (const part of path) text += typeof part === 'number' ? `[${part}]` : text === '' ? part : `.${part}`;
  return text;
}
