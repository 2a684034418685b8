/** Formats rows in columns at least ten wide and three blanks apart, as upstream's tab writer does for `token list`. */
export function tabulate(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(10, ...rows.map((row) => (row[column]?.length ?? 0) + 3)));
  return rows
    .map((row) => `${row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0))).join('')}\n`)
    .join('');
}
