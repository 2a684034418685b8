/**
 * Reads YAML in the style of kubeconfigs written by programs: mappings and sequences in block style, one scalar a line,
 * no comments inside. Returns undefined for anything else, which is left to a YAML library: loading that takes a short
 * command longer than everything else it does.
 */
export function readPlainYaml(text: string): unknown {
  const lines: Line[] = [];
  for (const line of text.split('\n')) {
    if (line === '' || line === '---') {
      if (line === '---' && lines.length > 0) return undefined;
      continue;
    }
    const read = readLine(line);
    if (!read) return undefined;
    lines.push(read);
  }
  if (lines.length === 0) return undefined;
  const reader = { lines, at: 0 };
  const value = readBlock(reader, 0);
  return reader.at === lines.length ? value : undefined;
}

/** `- key: value`: the columns of the dash, if any, and of the key, and the text after the colon. */
interface Line {
  readonly dash: number | undefined;
  readonly indent: number;
  readonly key: string;
  /** Undefined: a block follows. */
  readonly value: unknown;
}

const linePattern = /^( *)(- +)?([A-Za-z][A-Za-z0-9-]*):(?: (.*))?$/;

/** Words that YAML takes for text: no number, date, boolean, null or anything with a sign of YAML's own. */
const plainText = /^(?:[A-Za-z/][\w./:@=+-]*[\w/=+]|[A-Za-z/])$/;
const notText = /^(?:true|false|null|yes|no|on|off|y|n)$/i;
const quoted = /^"([^"\\]*)"$/;

function readLine(line: string): Line | undefined {
  const match = linePattern.exec(line);
  if (!match) return undefined;
  const [, spaces = '', dash, key = '', text = ''] = match;
  if (notText.test(key)) return undefined;
  const value = text === '' ? { value: undefined } : readScalar(text);
  if (!value) return undefined;
  return {
    dash: dash === undefined ? undefined : spaces.length,
    indent: spaces.length + (dash?.length ?? 0),
    key,
    value: value.value,
  };
}

function readScalar(text: string): { value: unknown } | undefined {
  if (text === 'true' || text === 'false') return { value: text === 'true' };
  if (text === '{}') return { value: {} };
  if (text === '[]') return { value: [] };
  const inQuotes = quoted.exec(text);
  if (inQuotes) return { value: inQuotes[1] };
  return plainText.test(text) && !notText.test(text) ? { value: text } : undefined;
}

interface Reader {
  readonly lines: readonly Line[];
  at: number;
}

/** The mapping or sequence that begins here, at `column`; undefined when its shape is not certain. */
function readBlock(reader: Reader, column: number): unknown {
  const first = reader.lines[reader.at] as Line;
  return first.dash === column ? readSequence(reader, column) : readMapping(reader, column);
}

function readSequence(reader: Reader, column: number): unknown[] | undefined {
  const items: unknown[] = [];
  for (let line = reader.lines[reader.at]; line?.dash === column; line = reader.lines[reader.at]) {
    const item = readMapping(reader, line.indent, true);
    if (!item) return undefined;
    items.push(item);
  }
  return items;
}

function readMapping(reader: Reader, column: number, inSequence = false): Record<string, unknown> | undefined {
  const mapping: Record<string, unknown> = {};
  for (let first = inSequence; ; first = false) {
    const line = reader.lines[reader.at];
    if (!line || line.indent !== column || (line.dash !== undefined && !first)) break;
    if (Object.hasOwn(mapping, line.key)) return undefined;
    reader.at++;
    if (line.value !== undefined) {
      mapping[line.key] = line.value;
      continue;
    }
    const next = reader.lines[reader.at];
    // A sequence may be as far left as its key.
    const below = next && (next.dash ?? next.indent);
    const isBlock = below !== undefined && (below > column || (below === column && next?.dash === column));
    if (!isBlock) {
      mapping[line.key] = null;
      continue;
    }
    const value = readBlock(reader, below);
    if (value === undefined) return undefined;
    mapping[line.key] = value;
  }
  const next = reader.lines[reader.at];
  // Anything deeper than the open structures is not recognized.
  return next && (next.dash ?? next.indent) > column ? undefined : mapping;
}
