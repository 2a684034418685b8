import type { TableColumnDefinition } from '@typernetes/machinery';
import type { Live, Row } from '../api/live-list.ts';
import { type Amounts, cpuText, memoryText } from './usage.ts';

/** A number that is ordered as such and shown as people write it. */
class Amount {
  readonly value: number;
  readonly #text: string;

  constructor(value: number, text: string) {
    this.value = value;
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

/** The number that a cell is ordered by; undefined for those that are ordered as texts. */
export const amountOf = (cell: unknown): number | undefined => (cell instanceof Amount ? cell.value : undefined);

/** Says whose amounts these are. */
export const usageKey = ({
  namespace = '',
  name = '',
}: {
  readonly namespace?: string;
  readonly name?: string;
}): string => `${namespace}/${name}`;

const column = (name: string, description: string): TableColumnDefinition => ({
  name,
  type: 'string',
  format: '',
  description,
  priority: 0,
});
const columns = [
  column('CPU', 'Processor time that it uses now, in cores'),
  column('Memory', 'Memory that it uses now, in bytes'),
];

/** The table with what each object uses before its age; nothing where it was not measured. */
export function withUsage(live: Live<Row>, usage: ReadonlyMap<string, Amounts>): Live<Row> {
  if (live.columns.length === 0) return live;
  const age = live.columns.findIndex(({ name }) => name === 'Age');
  const at = age < 0 ? live.columns.length : age;
  return {
    ...live,
    columns: live.columns.toSpliced(at, 0, ...columns),
    entries: live.entries.map((row) => {
      const used = usage.get(usageKey(row.metadata));
      const cells = used
        ? [new Amount(used.cpu, cpuText(used.cpu)), new Amount(used.memory, memoryText(used.memory))]
        : ['', ''];
      return { ...row, cells: row.cells.toSpliced(at, 0, ...cells) };
    }),
  };
}
