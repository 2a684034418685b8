import { useEffect, useMemo, useState } from 'preact/hooks';
import { isPolled, pathOf, type Resource, resourceName } from '../api/resource.ts';
import { matchingRows, type Order, shownColumns, sortedRows } from '../facts/rows.ts';
import { titleOf } from '../facts/sections.ts';
import { withUsage } from '../facts/usage-columns.ts';
import { FilterField } from '../views/filter-field.tsx';
import { useTable } from '../views/live.ts';
import { LiveState } from '../views/marks.tsx';
import { useSurroundings } from '../views/surroundings.ts';
import { useUsage } from '../views/use-usage.ts';
import { VirtualTable } from '../views/virtual-table.tsx';

/** Every object of a kind in the columns that kubectl shows, as they are now. */
export function ListPage({ resource }: { readonly resource: Resource }) {
  const { place, go } = useSurroundings();
  const { q = '', l = '', f = '', sort = '', wide = '' } = place.parameters;
  const namespace = resource.namespaced ? place.namespace : '';
  const printed = useTable({
    path: pathOf(resource, { namespace }),
    labelSelector: l,
    fieldSelector: f,
    isPolled: isPolled(resource),
  });
  const usage = useUsage(resource, namespace);
  const live = useMemo(() => (usage ? withUsage(printed, usage) : printed), [printed, usage]);
  const set = (changed: Readonly<Record<string, string>>): void =>
    go({ ...place, parameters: { ...place.parameters, ...changed } }, { replace: true });
  const order: Order = { column: sort.replace(/^-/, '') || 'Name', isDescending: sort.startsWith('-') };
  const { column, isDescending } = order;
  const rows = useMemo(
    () => sortedRows(matchingRows(live.entries, q), live.columns, { column, isDescending }),
    [live.entries, live.columns, q, column, isDescending],
  );
  const columns = useMemo(() => shownColumns(live.columns, wide !== ''), [live.columns, wide]);
  const title = titleOf(resource);
  return (
    <div class="list-page">
      <div class="bar">
        <h1>{title}</h1>
        <output class="dim">
          {rows.length === live.entries.length ? live.entries.length : `${rows.length} of ${live.entries.length}`}
          {live.state === 'loading' ? ' …' : ''}
        </output>
        <FilterField label={`Filter ${title} by text`} value={q} changed={(value) => set({ q: value })} />
        <Selector label="Labels" example="app=web,tier!=db" value={l} chosen={(value) => set({ l: value })} />
        <Selector label="Fields" example="status.phase=Running" value={f} chosen={(value) => set({ f: value })} />
        <label class="check">
          <input
            type="checkbox"
            checked={wide !== ''}
            onChange={({ currentTarget }) => set({ wide: currentTarget.checked ? '1' : '' })}
          />
          All columns
        </label>
      </div>
      <LiveState live={live} what={title.toLowerCase()} />
      {live.entries.length > 0 && rows.length === 0 ? <p class="none">Nothing matches the filter.</p> : null}
      {rows.length > 0 ? (
        <VirtualTable
          resource={resourceName(resource)}
          hasNamespace={resource.namespaced && namespace === ''}
          all={live.columns}
          {...{ columns, rows, order, title }}
          reorder={({ column, isDescending }) => set({ sort: `${isDescending ? '-' : ''}${column}` })}
        />
      ) : null}
    </div>
  );
}

interface SelectorProperties {
  readonly label: string;
  readonly example: string;
  readonly value: string;
  readonly chosen: (value: string) => void;
}

/** The server selects, so it is asked when the text is whole. */
function Selector({ label, example, value, chosen }: SelectorProperties) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        chosen(text.trim());
      }}
    >
      <input
        type="search"
        placeholder={`${label}: ${example}`}
        aria-label={`${label} selector`}
        value={text}
        onInput={({ currentTarget }) => setText(currentTarget.value)}
        onBlur={() => text.trim() !== value && chosen(text.trim())}
      />
    </form>
  );
}
