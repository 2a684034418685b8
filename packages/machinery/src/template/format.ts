import { goFloat } from '../go-float.ts';
import { goQuote } from '../quote.ts';

/** An `int`: a number that a template names, or counts. Those of objects are bigints, of 64 bits in Go. */
export class GoInt {
  readonly value: bigint;
  constructor(value: bigint) {
    this.value = value;
  }
  toString(): string {
    return String(this.value);
  }
}

/** A value as Go's `%v` prints what JSON was read into: maps sorted by key, floats in their shortest form. */
export function goValue(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (typeof value === 'number') return goFloat(value);
  if (value instanceof GoInt) return String(value);
  if (Array.isArray(value)) return `[${value.map(goValue).join(' ')}]`;
  if (typeof value === 'object') {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `map[${entries.map(([key, one]) => `${key}:${goValue(one)}`).join(' ')}]`;
  }
  return String(value);
}

/** Go's name of a value's type in messages. */
export function goType(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (value instanceof GoInt) return 'int';
  if (typeof value === 'bigint') return 'int64';
  if (typeof value === 'number') return 'float64';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'string';
  return Array.isArray(value) ? '[]interface {}' : 'map[string]interface {}';
}

const verb = /%([-+# 0]*)(\d+|\*)?(?:\.(\d+))?([a-zA-Z%])/g;

const isNil = (value: unknown): boolean => value === null || value === undefined;

/** Go's Sprintf for the values of a template. */
export function goSprintf(format: string, values: readonly unknown[]): string {
  let next = 0;
  const text = format.replace(
    verb,
    (_all, flags: string, width: string | undefined, precision: string | undefined, letter: string) => {
      if (letter === '%') return '%';
      const columns = width === '*' ? Number(String(values[next++])) : Number(width ?? 0);
      if (next >= values.length) return `%!${letter}(MISSING)`;
      const shown = formatted(letter, values[next++], {
        flags,
        precision: precision === undefined ? undefined : Number(precision),
      });
      if (flags.includes('-')) return shown.padEnd(columns);
      return flags.includes('0') && /^[-+]?\d/.test(shown) ? zeroPadded(shown, columns) : shown.padStart(columns);
    },
  );
  const extra = values.slice(next).map((value) => (isNil(value) ? '<nil>' : `${goType(value)}=${goValue(value)}`));
  return extra.length === 0 ? text : `${text}%!(EXTRA ${extra.join(', ')})`;
}

function zeroPadded(text: string, columns: number): string {
  const sign = /^[-+]/.exec(text)?.[0] ?? '';
  return `${sign}${text.slice(sign.length).padStart(columns - sign.length, '0')}`;
}

function formatted(
  letter: string,
  given: unknown,
  { flags, precision }: { flags: string; precision: number | undefined },
): string {
  const value = given instanceof GoInt ? given.value : given;
  const wrong = isNil(given) ? `%!${letter}(<nil>)` : `%!${letter}(${goType(given)}=${goValue(given)})`;
  const signed = (text: string): string => (flags.includes('+') && !text.startsWith('-') ? `+${text}` : text);
  const cut = (text: string): string => (precision === undefined ? text : [...text].slice(0, precision).join(''));
  switch (letter) {
    case 'v':
      return goValue(value);
    case 's':
      return typeof value === 'string'
        ? cut(value)
        : typeof value === 'object' && value !== null
          ? goValue(value)
          : wrong;
    case 'q':
      return typeof value === 'string' ? goQuote(cut(value)) : wrong;
    case 'd':
      return typeof value === 'bigint' ? signed(String(value)) : wrong;
    case 'x':
    case 'X': {
      const hex =
        typeof value === 'bigint'
          ? value.toString(16)
          : typeof value === 'string'
            ? Buffer.from(value).toString('hex')
            : undefined;
      if (hex === undefined) return wrong;
      return letter === 'X' ? hex.toUpperCase() : hex;
    }
    case 't':
      return typeof value === 'boolean' ? String(value) : wrong;
    case 'f':
    case 'F':
      return typeof value === 'number' ? signed(value.toFixed(precision ?? 6)) : wrong;
    case 'e':
      return typeof value === 'number' ? value.toExponential(precision ?? 6).replace(/e([+-])(\d)$/, 'e$10$2') : wrong;
    case 'g':
      return typeof value === 'number' ? signed(goFloat(value)) : wrong;
    case 'T':
      return goType(given);
    case 'c':
      return typeof value === 'bigint' ? String.fromCodePoint(Number(value)) : wrong;
    default:
      return wrong;
  }
}
