import { parseExactJson } from '@typernetes/machinery';

/** The order of keys: as given, or sorted. */
type Order = 'given' | 'sorted';

/** KYAML, the strict subset of YAML that `-o kyaml` prints: braces, quoted strings, commas behind every entry. */
export function encodeKyaml(value: unknown, order: Order = 'given'): string {
  return `---\n${render(parseExactJson(JSON.stringify(value)), 0, order)}\n`;
}

function render(value: unknown, indent: number, order: Order): string {
  if (typeof value === 'string') return quoted(value, indent + 1);
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return list(value, indent, order);
  const entries = Object.entries(value);
  if (order === 'sorted') entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return lines(
    entries.map(([key, entry]) => `${keyText(key)}: ${render(entry, indent + 1, order)},`),
    { open: '{', close: '}', indent },
  );
}

/** Lists of lists or maps sit between their brackets; all others have a line for each entry. */
function list(entries: readonly unknown[], indent: number, order: Order): string {
  const nested = entries.length > 0 && entries.every((entry) => typeof entry === 'object' && entry !== null);
  if (nested) return `[${entries.map((entry) => render(entry, indent, order)).join(', ')}]`;
  return lines(
    entries.map((entry) => `${render(entry, indent + 1, order)},`),
    { open: '[', close: ']', indent },
  );
}

function lines(
  of: readonly string[],
  { open, close, indent }: { open: string; close: string; indent: number },
): string {
  if (of.length === 0) return `${open}${close}`;
  return `${open}\n${of.map((line) => `${margin(indent + 1)}${line}\n`).join('')}${margin(indent)}${close}`;
}

const margin = (indent: number): string => '  '.repeat(indent);

const keyText = (key: string): string => (plainKey.test(key) && !isRead(key) ? key : quoted(key, 0, { oneLine: true }));

const plainKey = /^[\p{L}\p{N}_]([\p{L}\p{N}_\-./]*[\p{L}\p{N}_])?$/u;

/** Whether some reader of YAML takes the text for something else than a string. */
function isRead(text: string): boolean {
  if (/^(null|true|false|t|f|y|yes|n|no|on|off)$/i.test(text)) return true;
  if (/^\d{4}-\d{1,2}-\d{1,2}([Tt ].*)?$/.test(text)) return true;
  const digits = text.replaceAll('_', '');
  return /^[+-]?(0b[01]+|0o?[0-7]+|0x[0-9a-f]+|\d+|(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|inf|infinity|nan)$/i.test(digits);
}

/**
 * A multi-line text is folded, one source line below the other; a backslash preserves blanks at the start of a line.
 */
function quoted(text: string, indent: number, { oneLine = false } = {}): string {
  const plain = text.split('\n');
  const parts = plain.map(escaped);
  if (parts.length === 1 || oneLine) return `"${parts.join('\\n')}"`;
  const last = parts.at(-1) === '' ? parts.length - 1 : parts.length;
  const rows = parts.slice(0, last).map((part, i) => {
    const start = /^\s/.test(plain[i] ?? '') ? '\\' : ' ';
    return `${margin(indent)}${start}${part}${i < parts.length - 1 ? '\\n' : ''}\\\n`;
  });
  return `"\\\n${rows.join('')}${margin(indent)}"`;
}

const named: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\r': '\\r',
  '\v': '\\v',
  '\0': '\\0',
  '\u001b': '\\e',
  '\u0085': '\\N',
  '\u00a0': '\\_',
  '\u2028': '\\L',
  '\u2029': '\\P',
};

function escaped(text: string): string {
  return text.replaceAll(/["\\]|[^\p{L}\p{M}\p{N}\p{P}\p{S} \t]/gu, (character) => {
    const known = named[character];
    if (known !== undefined) return known;
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`;
    return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`;
  });
}
