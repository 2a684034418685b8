import { type ApiObject, humanDuration, type Table } from '@typernetes/machinery';
import { TablePrinter } from '../printing/table.ts';
import type { AnyResource } from '../resources/any-resource.ts';
import { printedKind } from '../resources/arguments.ts';
import type { Session } from '../session.ts';
import type { GetFlags } from './get-flags.ts';
import { sortInOrder } from './get-order.ts';
import { forEachPath, type List, pages, type Wanted } from './get-requests.ts';
import { sortedByField, sortObjects } from './sort-objects.ts';

export const tableType = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

/** What is printed as one: a server's table, or a row made here of an object. */
interface Part {
  readonly type: AnyResource;
  readonly table: Table;
  /** What it is sorted by among others: a table has no fields of objects. */
  readonly object: unknown;
}

interface Context {
  readonly flags: GetFlags;
  readonly session: Session;
}

/** Prints what is asked for as tables, one under the other; resolves to the exit code. */
export async function getTables(selections: readonly Wanted[], context: Context): Promise<number> {
  const { flags, session } = context;
  const parts: Part[] = [];
  const asked = flags['server-print'] ? { ...context, accept: tableType } : context;
  const code = await forEachPath(selections, asked, async (path, { type, unnamed, isWanted = () => true }) => {
    if (unnamed) {
      if (isWanted(unnamed)) parts.push({ type, table: nameTable([unnamed], session.clock.now()), object: unnamed });
      return;
    }
    if (!flags['server-print']) {
      for await (const page of pages<List>(path, session))
        for (const object of (page.items ?? [page as unknown as ApiObject]).filter(isWanted))
          parts.push({ type, table: nameTable([object], session.clock.now()), object });
      return;
    }
    const whole = flags['sort-by'] === '' ? path : `${path}${path.includes('?') ? '&' : '?'}includeObject=Object`;
    const found: (Table & List)[] = [];
    for await (const page of pages<Table & List>(whole, session, tableType)) found.push(page);
    const tables = found.map((page) => asTable(page, session));
    const rows = tables.flatMap(({ rows = [] }) => rows).filter((row) => isWanted(row.object as unknown as ApiObject));
    const table = { ...(tables[0] as Table), rows };
    parts.push({ type, table, object: 'columnDefinitions' in (found[0] ?? {}) ? table : found[0] });
  });
  const several = new Set(parts.map(({ type }) => type)).size > 1;
  // Once shown, upstream shows namespaces of all that follows, in them or not: even where what it showed them for was empty.
  let showNamespace = false;
  let isFirst = true;
  for (const { type, table } of inGroups(sortedParts(parts, context))) {
    const options = tableOptions(type, { flags, prefixed: several || flags['show-kind'] });
    showNamespace ||= options.showNamespace;
    if ((table.rows ?? []).length === 0) continue;
    if (!isFirst && !flags['no-headers']) session.io.out('\n');
    session.io.out(new TablePrinter({ ...options, showNamespace }).format(table));
    isFirst = false;
  }
  if (isFirst && code === 0 && !flags['ignore-not-found']) session.io.err(nothingFound(parts, context));
  return code;
}

/**
 * As upstream: rows of one table are sorted by the fields of their objects, and are nothing where no object has the field; several are sorted
 * by fields of their own.
 */
function sortedParts(parts: readonly Part[], { flags, session }: Context): readonly Part[] {
  const [only] = parts;
  if (flags['sort-by'] === '' || !only) return parts;
  if (parts.length > 1) {
    const type = flags['server-print'] ? '*v1.Table' : '*unstructured.Unstructured';
    const how = { flags, session, sort: sortObjects<Part>, of: [type, 'sorter.go:329'] } as const;
    return sortInOrder(parts, how, ({ object }) => object);
  }
  const { rows = [] } = only.table;
  if (!flags['server-print'] || rows.length < 2) return parts;
  const how = {
    flags,
    session,
    sort: sortedByField<(typeof rows)[number]>,
    of: ['[][][]reflect.Value', 'sorter.go:375'],
  } as const;
  const sorted = sortInOrder(rows, how, (row) => row.object);
  return sorted ? [{ ...only, table: { ...only.table, rows: sorted } }] : [];
}

/** Neighbours of one type stand under one header. */
function inGroups(parts: readonly Part[]): { readonly type: AnyResource; readonly table: Table }[] {
  const groups: { type: AnyResource; table: Table }[] = [];
  for (const { type, table } of parts) {
    const last = groups.at(-1);
    const { rows = [] } = table;
    if (last?.type === type) last.table = { ...last.table, rows: [...(last.table.rows ?? []), ...rows] };
    else groups.push({ type, table });
  }
  return groups;
}

/** Empty tables of what is in no namespace tell of none; without the server's tables nobody knows what was asked for. */
function nothingFound(parts: readonly Part[], { flags, session }: Context): string {
  const namespaced = !flags['all-namespaces'] && parts.every(({ type }) => type.namespaced);
  return namespaced ? `No resources found in ${session.namespace} namespace.\n` : 'No resources found\n';
}

export function tableOptions(type: AnyResource, { flags, prefixed }: { flags: GetFlags; prefixed: boolean }) {
  return {
    wide: flags.output === 'wide',
    noHeaders: flags['no-headers'],
    showNamespace: flags['all-namespaces'] && type.namespaced,
    showLabels: flags['show-labels'],
    labelColumns: flags['label-columns'],
    namePrefix: prefixed ? `${printedKind(type)}/` : '',
  };
}

/** Not every server makes a table of everything: of a scale 1.20 makes none. */
export function asTable(page: (Table & List) | List, { clock }: Session): Table {
  if ('columnDefinitions' in page) return page;
  return nameTable(page.items ?? [page as unknown as ApiObject], clock.now());
}

/** What can be said without the server: names and ages. */
const ageOf = (created: string | undefined, now: number): string =>
  created ? humanDuration(now - Date.parse(created)) : '<unknown>';

function nameTable(items: readonly ApiObject[], now: number): Table {
  return {
    columnDefinitions: [
      { name: 'Name', type: 'string', format: 'name', description: '', priority: 0 },
      { name: 'Age', type: 'string', format: '', description: '', priority: 0 },
    ],
    // What a file has may lack any of it.
    rows: items.map((object: Partial<ApiObject>) => ({
      cells: [object.metadata?.name ?? '', ageOf(object.metadata?.creationTimestamp, now)],
      object: object as unknown as Record<string, unknown>,
    })),
  } as unknown as Table;
}
