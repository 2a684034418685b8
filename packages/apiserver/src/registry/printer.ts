/** A column of a Table, as printers.json has it. `priority` 1 shows only in wide output. */
export interface TableColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  readonly format?: string;
  readonly description?: string;
  readonly priority?: number;
}

/** How objects of one kind become rows of a Table. `now` in milliseconds, for ages. */
export interface Printer<T> {
  readonly columns: readonly TableColumn[];
  cells(object: T, now: number): unknown[];
  /** For rows[].conditions (completed pods). */
  conditions?(object: T): readonly { type: string; status: string; reason?: string; message?: string }[];
}
