import type { Tone } from './verdict.ts';

const good = new Set(['Running', 'Ready', 'Active', 'Bound', 'Available', 'Established', 'True', 'Approved,Issued']);
const done = new Set(['Completed', 'Complete', 'Succeeded', 'Released', 'Suspended']);
const busy = new Set(['Pending', 'ContainerCreating', 'PodInitializing', 'Terminating', 'NotReady,SchedulingDisabled']);

/** What a cell of a table says of its object, by the column's name; undefined when it says nothing. */
export function cellTone(column: string, cell: unknown): Tone | undefined {
  const text = String(cell);
  if (column === 'Status' || column === 'Phase') {
    if (good.has(text)) return 'ok';
    if (done.has(text)) return 'off';
    if (busy.has(text) || /^Init:\d/.test(text) || text.includes('SchedulingDisabled')) return 'busy';
    return text === '' || text === '<none>' ? undefined : 'bad';
  }
  if (column === 'Ready' || column === 'Completions') {
    const [, have, want] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
    if (have === undefined || want === undefined) return undefined;
    return Number(have) >= Number(want) ? (want === '0' ? 'off' : 'ok') : 'busy';
  }
  return column === 'Type' && text === 'Warning' ? 'bad' : undefined;
}

/** What the cells of a row say together: the status counts before the counts, since completed pods are not ready. */
export function rowTone(columns: readonly { readonly name: string }[], cells: readonly unknown[]): Tone | undefined {
  const toneOf = (name: string): Tone | undefined => {
    const at = columns.findIndex((column) => column.name === name);
    return at < 0 ? undefined : cellTone(name, cells[at]);
  };
  const status = toneOf('Status') ?? toneOf('Phase');
  return status === 'ok' || status === undefined ? (toneOf('Ready') ?? status) : status;
}
