import type { TableColumnDefinition } from '@typernetes/machinery';
import type { Row } from '../api/live-list.ts';
import { amountOf } from './usage-columns.ts';

export interface Order {
  readonly column: string;
  readonly isDescending: boolean;
}

/** Columns as kubectl shows them: the important ones, or all (`-o wide`). */
export const shownColumns = (columns: readonly TableColumnDefinition[], isWide: boolean): TableColumnDefinition[] =>
  columns.filter(({ priority }) => isWide || priority === 0);

/** Rows with every word of the text somewhere in their cells, names or labels. */
export function matchingRows(rows: readonly Row[], text: string): readonly Row[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return rows;
  return rows.filter(({ cells, metadata }) => {
    const labels = Object.entries(metadata.labels ?? {}).map(([name, value]) => `${name}=${value}`);
    const all = [metadata.namespace, metadata.name, ...cells, ...labels].join('\n').toLowerCase();
    return words.every((word) => all.includes(word));
  });
}

const collator = new Intl.Collator('en', { numeric: true });

/** Rows by a column, equal ones by namespace and name. Ages go by when the object was made, and numbers before words. */
export function sortedRows(
  rows: readonly Row[],
  columns: readonly TableColumnDefinition[],
  order: Order,
): readonly Row[] {
  const at = columns.findIndex(({ name }) => name === order.column);
  const value = (row: Row): string => {
    if (order.column === 'Namespace') return row.metadata.namespace ?? '';
    // The youngest has the lowest age and the highest time.
    if (order.column === 'Age') return '';
    return at < 0 ? '' : String(row.cells[at] ?? '');
  };
  const sign = order.isDescending ? -1 : 1;
  const keyed = rows.map((row) => ({
    row,
    key: value(row),
    // What was not measured comes before what was found to be nothing.
    amount: at < 0 ? 0 : (amountOf(row.cells[at]) ?? -1),
    time: order.column === 'Age' ? Date.parse(row.metadata.creationTimestamp ?? '') || 0 : 0,
    name: `${row.metadata.namespace ?? ''}/${row.metadata.name}`,
  }));
  keyed.sort(
    (a, b) =>
      sign * (b.time - a.time || a.amount - b.amount || collator.compare(a.key, b.key)) ||
      collator.compare(a.name, b.name),
  );
  return keyed.map(({ row }) => row);
}
