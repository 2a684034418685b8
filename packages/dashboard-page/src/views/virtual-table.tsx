import type { TableColumnDefinition } from '@typernetes/machinery';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Row } from '../api/live-list.ts';
import { cellTone } from '../facts/cell-tone.ts';
import type { Order } from '../facts/rows.ts';
import { visibleRange } from '../facts/window.ts';
import { ageOf } from '../facts/words.ts';
import { useNow } from './live.ts';
import { ObjectLink } from './marks.tsx';

interface VirtualTableProperties {
  /** For screen readers. */
  readonly title: string;
  /** `pods`, `deployments.apps`: where the names lead. */
  readonly resource: string;
  readonly hasNamespace: boolean;
  /** Of the rows' cells; those that are shown are among them. */
  readonly all: readonly TableColumnDefinition[];
  readonly columns: readonly TableColumnDefinition[];
  readonly rows: readonly Row[];
  readonly order: Order;
  readonly reorder: (order: Order) => void;
}

/** Of the style sheet, in pixels. */
const rowHeight = 34;
/** Of columns, in characters. On a telephone there is to be room for the status beside the name. */
const narrowest = 5;
const widest = { phone: 20, screen: 48 } as const;
const phoneWidth = 600;

/** A table of any length: only the rows on the screen are in the document, the others are so much blank space. */
export function VirtualTable(properties: VirtualTableProperties) {
  const { title, hasNamespace, all, columns, rows, order, reorder } = properties;
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ scrolled: 0, height: 800, width: 1280 });
  const now = useNow();
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const measure = (): void =>
      setView({ scrolled: element.scrollTop, height: element.clientHeight, width: element.clientWidth });
    measure();
    const watcher = new ResizeObserver(measure);
    watcher.observe(element);
    return () => watcher.disconnect();
  }, []);
  // Another list begins at its top.
  useEffect(() => box.current?.scrollTo({ top: 0 }), [title]);
  const places = useMemo(() => columns.map((column) => all.indexOf(column)), [all, columns]);
  const most = view.width < phoneWidth ? widest.phone : widest.screen;
  const widths = useMemo(() => widthsOf(columns, places, rows), [columns, places, rows]).map((width) =>
    Math.min(width, most),
  );
  const { first, end } = visibleRange({ ...view, count: rows.length }, { rowHeight });
  const names = [...(hasNamespace ? ['Namespace'] : []), ...columns.map(({ name }) => name)];
  const [name = '', ...others] = columns.map(({ name }) => name);
  const headings = hasNamespace ? [name, 'Namespace', ...others] : names;
  const [nameWidth = narrowest, ...otherWidths] = widths;
  const namespaceWidth = hasNamespace
    ? [
        widthOf(
          rows.map(({ metadata }) => metadata.namespace ?? ''),
          'Namespace',
        ),
      ]
    : [];
  const allWidths = [nameWidth, ...namespaceWidth, ...otherWidths];
  return (
    <section
      class="table-box"
      ref={box}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keys
      tabIndex={0}
      aria-label={title}
      onScroll={({ currentTarget }) => setView({ ...view, scrolled: currentTarget.scrollTop })}
      onKeyDown={moveBetweenRows}
    >
      <table aria-rowcount={rows.length + 1} style={{ width: `max(100%, ${allWidths.reduce((a, b) => a + b, 0)}ch)` }}>
        <colgroup>
          {allWidths.map((width, i) => (
            <col key={headings[i]} style={{ width: `${width}ch` }} />
          ))}
        </colgroup>
        <thead>
          <tr>
            {headings.map((heading) => (
              <Heading key={heading} {...{ heading, order, reorder }} />
            ))}
          </tr>
        </thead>
        <tbody>
          <Blank rows={first} columns={headings.length} />
          {rows.slice(first, end).map((row, i) => (
            <TableRow
              key={row.metadata.uid ?? row.metadata.name}
              {...properties}
              {...{ row, places, now }}
              index={first + i + 2}
            />
          ))}
          <Blank rows={rows.length - end} columns={headings.length} />
        </tbody>
      </table>
    </section>
  );
}

const Blank = ({ rows, columns }: { readonly rows: number; readonly columns: number }) =>
  rows > 0 ? (
    <tr class="blank">
      <td colSpan={columns} style={{ height: `${rows * rowHeight}px` }} />
    </tr>
  ) : null;

interface HeadingProperties {
  readonly heading: string;
  readonly order: Order;
  readonly reorder: (order: Order) => void;
}

function Heading({ heading, order, reorder }: HeadingProperties) {
  const isOrder = order.column === heading;
  const sorted = isOrder ? (order.isDescending ? 'descending' : 'ascending') : 'none';
  return (
    <th scope="col" aria-sort={sorted}>
      <button type="button" onClick={() => reorder({ column: heading, isDescending: isOrder && !order.isDescending })}>
        {heading}
        <span aria-hidden="true">{isOrder ? (order.isDescending ? ' ↓' : ' ↑') : ''}</span>
      </button>
    </th>
  );
}

interface TableRowProperties extends VirtualTableProperties {
  readonly row: Row;
  /** Where the cells of the shown columns are. */
  readonly places: readonly number[];
  readonly now: number;
  readonly index: number;
}

function TableRow({ row, places, columns, hasNamespace, resource, now, index }: TableRowProperties) {
  const { metadata, cells } = row;
  const { namespace, name = '' } = metadata;
  const [first, ...others] = columns.map(({ name }, i) => ({ name, cell: cells[places[i] ?? -1] }));
  // Not every table begins with the name; whichever cell comes first leads to the object.
  const label = first === undefined || first.name === 'Name' ? name : cellText(first.cell) || name;
  return (
    <tr aria-rowindex={index} class={metadata.deletionTimestamp === undefined ? '' : 'going'}>
      <th scope="row" title={name}>
        <ObjectLink {...{ resource, namespace, name, label }} />
      </th>
      {hasNamespace ? <td title={namespace}>{namespace}</td> : null}
      {others.map(({ name, cell }) => {
        // Ages grow; the server printed them once.
        const text =
          name === 'Age' && metadata.creationTimestamp ? ageOf(metadata.creationTimestamp, now) : cellText(cell);
        const tone = cellTone(name, cell);
        return (
          <td key={name} title={text}>
            {tone === undefined ? text : <span class={`tone ${tone}`}>{text}</span>}
          </td>
        );
      })}
    </tr>
  );
}

const cellText = (cell: unknown): string => (cell === null || cell === undefined ? '' : String(cell));

/** How wide columns are, in characters: all rows count, so that nothing moves while one scrolls. */
const widthsOf = (
  columns: readonly TableColumnDefinition[],
  places: readonly number[],
  rows: readonly Row[],
): number[] =>
  columns.map(({ name }, i) =>
    widthOf(
      rows.map(({ cells }) => cellText(cells[places[i] ?? -1])),
      name,
    ),
  );

/** Letters are narrower than the figures that `ch` means; what is added are the margins. */
const widthOf = (texts: readonly string[], heading: string): number =>
  texts.reduce((most, { length }) => Math.max(most, length), Math.max(narrowest, heading.length + 1.5)) * 0.91 + 2.7;

/** The arrow keys go from row to row. */
function moveBetweenRows(event: KeyboardEvent): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const row = document.activeElement?.closest('tr');
  if (step === undefined || !row) return;
  const next = step > 0 ? row.nextElementSibling : row.previousElementSibling;
  const link = next?.querySelector<HTMLElement>('th a');
  if (!link) return;
  event.preventDefault();
  link.focus();
}
