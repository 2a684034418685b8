import type { ObjectMeta, Table, TableRow } from '@typernetes/machinery';
import { Columns } from './columns.ts';

export interface TableOptions {
  readonly wide: boolean;
  readonly noHeaders: boolean;
  readonly showNamespace: boolean;
  readonly showLabels: boolean;
  readonly labelColumns: readonly string[];
  /** Prefix of names, `pod/`, when several types are listed. */
  readonly namePrefix: string;
  /** Whether the first column has the event type of a watch. */
  readonly showEvent?: boolean;
}

/** Prints tables of one resource, one after another under one header. */
export class TablePrinter {
  readonly #options: TableOptions;
  readonly #columns = new Columns();
  #headed = false;
  #shown: { name: string; index: number }[] = [];

  constructor(options: TableOptions) {
    this.#options = options;
  }

  /** The text of a server's table. Tables of a watch may come without column definitions: the first one's count. */
  format(table: Table, event = ''): string {
    this.learn(table);
    const rows = (table.rows ?? []).map((row) =>
      // All as wide as MODIFIED, which may follow.
      this.#options.showEvent ? [event.padEnd(8), ...this.#cells(row)] : this.#cells(row),
    );
    const headed = this.#headed || this.#options.noHeaders;
    this.#headed = true;
    return this.#columns.format(headed ? rows : [this.#header(), ...rows]);
  }

  /** Takes the columns of a table that is not shown itself. */
  learn(table: Pick<Table, 'columnDefinitions'>): void {
    const definitions = table.columnDefinitions ?? [];
    if (definitions.length === 0) return;
    this.#shown = definitions
      .map(({ name, priority }, index) => ({ name, priority, index }))
      .filter(({ priority }) => this.#options.wide || !priority);
  }

  #header(): string[] {
    const { showNamespace, labelColumns, showLabels } = this.#options;
    return [
      ...(this.#options.showEvent ? ['EVENT'] : []),
      ...(showNamespace ? ['NAMESPACE'] : []),
      ...this.#shown.map(({ name }) => name.toUpperCase()),
      ...labelColumns.map((label) => label.slice(label.lastIndexOf('/') + 1).toUpperCase()),
      ...(showLabels ? ['LABELS'] : []),
    ];
  }

  #cells(row: TableRow): string[] {
    const { showNamespace, labelColumns, showLabels, namePrefix } = this.#options;
    const { metadata = {} } = (row.object ?? {}) as { metadata?: Partial<ObjectMeta> };
    const labels = metadata.labels ?? {};
    return [
      ...(showNamespace ? [metadata.namespace ?? ''] : []),
      ...this.#shown.map(({ name, index }) => {
        const text = cellText((row.cells as unknown[])[index]);
        return name === 'Name' ? `${namePrefix}${text}` : text;
      }),
      ...labelColumns.map((label) => labels[label] ?? ''),
      ...(showLabels ? [labelsText(labels)] : []),
    ];
  }
}

function cellText(cell: unknown): string {
  if (cell === null || cell === undefined) return '';
  const text = typeof cell === 'string' ? cell : JSON.stringify(cell);
  const end = text.search(/[\n\r\f]/);
  return end < 0 ? text : `${text.slice(0, end)}...`;
}

/** `a=1,b=2`, sorted, or `<none>`. */
export function labelsText(labels: Readonly<Record<string, string>> | undefined): string {
  const pairs = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? '<none>' : pairs.sort().join(',');
}
