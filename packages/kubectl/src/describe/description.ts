import { lastAppliedAnnotation } from '../apply/last-applied.ts';

/**
 * The text of `describe`: lines of cells. Like Go's tab writer it aligns a cell with the cells above and below it as long as consecutive
 * lines have one there, two blanks apart.
 */
export class Description {
  readonly #lines: string[][] = [];

  /** A line: the first cell is indented by two blanks a level; all but the last are followed by a column's gap. */
  line(level: number, ...cells: readonly string[]): void {
    const text = `${'  '.repeat(level)}${cells.join('\t')}`;
    // As in Go's tab writer, line breaks and tabs within values are significant.
    for (const line of text.split('\n')) this.#lines.push(line.split('\t'));
  }

  /** `Labels:  a=1` with one pair a line, or `<none>`. */
  pairs(level: number, title: string, pairs: Readonly<Record<string, string>> | undefined, separator = '='): void {
    const entries = Object.entries(pairs ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
    if (entries.length === 0) this.line(level, title, '<none>');
    for (const [i, [key, value]] of entries.entries())
      this.line(level, i === 0 ? title : '', `${key}${separator}${value}`);
  }

  /** Nested pairs: upstream indents every piece of such a line by its level, values too. */
  nestedPairs(
    level: number,
    title: string,
    pairs: Readonly<Record<string, string>> | undefined,
    separator = '=',
  ): void {
    const indent = '  '.repeat(level);
    const entries = Object.entries(pairs ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
    const values = entries.length > 0 ? entries.map(([key, value]) => `${key}${separator}${value}`) : ['<none>'];
    for (const [i, value] of values.entries()) this.line(level, i === 0 ? title : indent, `${indent}${value}`);
  }

  /** Annotations, without last-applied-configuration. */
  annotations(level: number, annotations: Readonly<Record<string, string>> | undefined): void {
    const { [lastAppliedAnnotation]: _hidden, ...shown } = annotations ?? {};
    const lines = Object.entries(shown)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([key, value]) => annotationLines(key, value.replace(/\n$/, '')));
    for (const [i, line] of (lines.length > 0 ? lines : ['<none>']).entries())
      this.line(level, i === 0 ? 'Annotations:' : '', line);
  }

  /** Keeps tabs, as upstream does where it does not align. */
  withTabs(): string {
    // A blank first cell is only for alignment.
    return this.#lines
      .map(([first = '', ...rest]) => `${[rest.length > 0 ? first.replace(/^ +$/, '') : first, ...rest].join('\t')}\n`)
      .join('');
  }

  toString(): string {
    const widths = this.#lines.map((cells) => cells.map(() => 0));
    for (const [row, cells] of this.#lines.entries()) {
      for (let column = 0; column < cells.length - 1; column++) {
        if ((widths[row]?.[column] ?? 0) > 0) continue;
        this.#setWidth(widths, { row, column });
      }
    }
    return this.#lines
      .map(
        (cells, row) =>
          `${cells.map((cell, i) => (i === cells.length - 1 ? cell : cell.padEnd(widths[row]?.[i] ?? 0))).join('')}\n`,
      )
      .join('');
  }

  /** Sets one width for the consecutive lines, from `row` on, that have this column. */
  #setWidth(widths: number[][], { row, column }: { row: number; column: number }): void {
    let end = row;
    let widest = 0;
    for (; end < this.#lines.length && (this.#lines[end]?.length ?? 0) > column + 1; end++) {
      widest = Math.max(widest, this.#lines[end]?.[column]?.length ?? 0);
    }
    for (let i = row; i < end; i++) (widths[i] as number[])[column] = widest + 2;
  }
}

const longestAnnotation = 140;

/** A value that does not fit on one line is printed below its key, with each line trimmed. */
function annotationLines(key: string, value: string): string[] {
  if (key.length + value.length + 2 <= longestAnnotation && !value.includes('\n')) return [`${key}: ${value}`];
  const most = longestAnnotation - 2;
  const cut = (line: string): string => (line.length > most ? `${line.slice(0, most)}...` : line);
  return [`${key}:`, ...value.split('\n').map((line) => `  ${cut(line)}`)];
}
