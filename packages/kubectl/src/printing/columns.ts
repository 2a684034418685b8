/**
 * Rows in columns as kubectl's tab writer sets them: three blanks apart and at least six wide. The last cell of a row is not padded, and a row
 * without a column ends it: what comes behind may be wider. Widths only grow, so that the rows of a watch stay aligned with what was printed before.
 */
export class Columns {
  #widths: number[] = [];
  readonly #padding: number;

  constructor(padding = 3) {
    this.#padding = padding;
  }

  format(rows: readonly (readonly string[])[]): string {
    const padded = rows.map((row) => [...row]);
    this.#pad(padded, 0);
    return padded.map((cells) => `${cells.join('')}\n`).join('');
  }

  /** Sets what a text's tabs separate in columns. The last line may lack its end: then a tab at its end is dropped. */
  expand(text: string): string {
    if (!text.includes('\t')) return text;
    const isWhole = text.endsWith('\n');
    const lines = (isWhole ? text.slice(0, -1) : text.replace(/\t$/, '')).split('\n');
    const set = this.format(lines.map((line) => line.split('\t')));
    return isWhole ? set : set.slice(0, -1);
  }

  /** Pads a block of adjacent cells of a column, and recursively the columns to the right. */
  #pad(rows: string[][], column: number): void {
    const has = (row: string[] | undefined): boolean => row !== undefined && column < row.length - 1;
    for (let at = 0; at < rows.length; at++) {
      if (!has(rows[at])) continue;
      const start = at;
      let width = Math.max(6, this.#widths[column] ?? 0);
      for (; has(rows[at]); at++) width = Math.max(width, (rows[at]?.[column] ?? '').length + this.#padding);
      this.#widths[column] = width;
      const part = rows.slice(start, at);
      for (const row of part) row[column] = (row[column] ?? '').padEnd(width);
      this.#pad(part, column + 1);
    }
  }
}
