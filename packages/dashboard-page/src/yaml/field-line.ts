/** A step into an object: a field's name or a place in a list. */
type Step = string | number;

/** `spec.containers[0].env[name="A"].value`: names, numbers, and keys in brackets as managed fields and validation have them. */
export function stepsOf(field: string): Step[] {
  return [...field.matchAll(/\[(?:"([^"]*)"|([^\]]*))\]|([^.[\]]+)/g)].map(([, quoted, bracketed, plain]) => {
    if (plain !== undefined) return plain;
    if (quoted !== undefined) return quoted;
    return /^\d+$/.test(bracketed ?? '') ? Number(bracketed) : (bracketed ?? '');
  });
}

interface Line {
  readonly indent: number;
  readonly text: string;
  /** From 1. */
  readonly number: number;
}

/**
 * The line of YAML in block style, from 1, that a field stands on; that of the nearest field around it when it is not there, and 1 when there is none.
 * Enough for what the editor shows: positions are not kept by the parser.
 */
export function lineOfField(yaml: string, field: string): number {
  let lines = yaml.split('\n').flatMap((raw, i): Line[] => {
    const text = raw.trimStart();
    return text === '' || text.startsWith('#') || text === '---'
      ? []
      : [{ indent: raw.length - text.length, text, number: i + 1 }];
  });
  let found = 1;
  for (const step of stepsOf(field)) {
    const next = typeof step === 'number' ? itemLines(lines, step) : fieldLines(lines, step);
    if (!next) break;
    found = next.number;
    lines = next.inside;
  }
  return found;
}

interface Inside {
  readonly number: number;
  readonly inside: Line[];
}

/** The item of a list, its dash taken for a blank. */
function itemLines(lines: readonly Line[], index: number): Inside | undefined {
  const indent = lines[0]?.indent ?? 0;
  const starts = lines.flatMap(({ indent: at, text }, i) => (at === indent && /^-(\s|$)/.test(text) ? [i] : []));
  const start = starts[index];
  const first = start === undefined ? undefined : lines[start];
  if (start === undefined || !first) return undefined;
  const text = first.text.slice(1).trimStart();
  const head = text === '' ? [] : [{ ...first, indent: indent + first.text.length - text.length, text }];
  return { number: first.number, inside: [...head, ...lines.slice(start + 1, starts[index + 1] ?? lines.length)] };
}

function fieldLines(lines: readonly Line[], name: string): Inside | undefined {
  const indent = lines[0]?.indent ?? 0;
  const isField = ({ text }: Line): boolean =>
    [`${name}:`, `"${name}":`, `'${name}':`].some((key) => text === key || text.startsWith(`${key} `));
  const start = lines.findIndex((line) => line.indent === indent && isField(line));
  const first = lines[start];
  if (!first) return undefined;
  // The items of a list may stand as far left as the field that they belong to.
  const end = lines.findIndex(
    (line, i) => i > start && (line.indent < indent || (line.indent === indent && !/^-(\s|$)/.test(line.text))),
  );
  return { number: first.number, inside: lines.slice(start + 1, end < 0 ? lines.length : end) };
}
