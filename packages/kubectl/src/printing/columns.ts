/**
 * Rows in columns as kubectl's tab writer sets them: three blanks apart and at least six wide. The last cell of a row is not padded.
 * Widths only grow, so that the rows of a watch stay aligned with what was printed before.
 */
export class Columns {
  #widths: number[] = [];
  readonly #padding: number;

  constructor(padding = 3) {
    this.#padding = padding;
  }

  format(rows: readonly (readonly string[])[]): string {
    for (const row of rows) {
      for (const [i, cell] of row.entries()) {
        this.#widths[i] = Math.max(this.#widths[i] ?? 6, cell.length + this.#padding);
      }
    }
    return rows
      .map(
        (row) =>
          `${row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(this.#widths[i] ?? 0))).join('')}\n`,
      )
      .join('');
  }
}
