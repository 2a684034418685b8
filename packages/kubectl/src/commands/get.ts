import { linesOf, readBody, responseError } from '@typernetes/client';
import { type ApiObject, collectionPath, type Status, StatusError, type Table } from '@typernetes/machinery';
import type { ParsedFlags } from '@typernetes/process';
import { defineCommand } from '../command.ts';
import { errorText } from '../error-text.ts';
import { filenameFlags, readManifests } from '../manifests/read.ts';
import { objectPrinter, type Printable } from '../printing/object-printer.ts';
import { TablePrinter } from '../printing/table.ts';
import { parseTargets, type Selection } from '../resources/arguments.ts';
import type { AnyResource } from '../resources/finder.ts';
import type { Session } from '../session.ts';

const flagSpecs = {
  ...filenameFlags,
  'all-namespaces': {
    type: 'boolean',
    short: 'A',
    help: 'List the requested object(s) across all namespaces.',
    default: false,
  },
  'chunk-size': { type: 'number', help: 'Return large lists in chunks rather than all at once.', default: 500 },
  'field-selector': { type: 'string', help: 'Selector (field query) to filter on.', default: '' },
  'ignore-not-found': {
    type: 'boolean',
    help: 'Treat "resource not found" as a successful retrieval.',
    default: false,
  },
  'label-columns': { type: 'list', short: 'L', help: 'Labels that are presented as columns.', default: [] },
  'no-headers': { type: 'boolean', help: "Don't print headers.", default: false },
  output: {
    type: 'string',
    short: 'o',
    help: 'Output format: json, yaml, name, wide, jsonpath=..., custom-columns=...',
  },
  'output-watch-events': { type: 'boolean', help: 'Output watch event objects when --watch is used.', default: false },
  raw: { type: 'string', help: 'Raw URI to request from the server.' },
  selector: { type: 'string', short: 'l', help: 'Selector (label query) to filter on.', default: '' },
  'show-kind': { type: 'boolean', help: 'List the resource type for the requested object(s).', default: false },
  'show-labels': { type: 'boolean', help: 'Show all labels as the last column.', default: false },
  'show-managed-fields': { type: 'boolean', help: 'Keep the managedFields when printing objects.', default: false },
  'sort-by': { type: 'string', help: 'Sort list types using this field specification.', default: '' },
  watch: {
    type: 'boolean',
    short: 'w',
    help: 'After listing/getting the requested object, watch for changes.',
    default: false,
  },
  'watch-only': {
    type: 'boolean',
    help: 'Watch for changes to the requested object(s), without listing/getting first.',
    default: false,
  },
} as const;

type Flags = ParsedFlags<typeof flagSpecs>;
const tableType = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

export const getCommand = defineCommand({
  use: 'get [(-o|--output=)json|yaml|name|wide|...] (TYPE[.VERSION][.GROUP] [NAME | -l label] | TYPE/NAME ...) [flags]',
  short: 'Display one or many resources',
  flags: flagSpecs,
  async run({ flags, positional }, session, signal) {
    if (flags.raw !== undefined) return raw(flags.raw, session);
    const selections = await selectionsOf(positional, flags, session);
    const printer = objectPrinter(flags.output, {
      showManagedFields: flags['show-managed-fields'],
      noHeaders: flags['no-headers'],
    });
    if (flags.watch || flags['watch-only']) return watch(selections, { flags, session, signal });
    return printer
      ? getObjects(selections, { flags, session, print: printer })
      : getTables(selections, { flags, session });
  },
});

/** What is asked for, with the namespace it is asked in. */
interface Wanted extends Selection {
  readonly namespace: string | undefined;
}

async function selectionsOf(args: readonly string[], flags: Flags, session: Session): Promise<Wanted[]> {
  if (flags.filename) {
    const objects = await readManifests({ filenames: flags.filename, recursive: flags.recursive }, session);
    return objects.map(({ type, name, namespace }) => ({ type, names: [name], namespace }));
  }
  if (args.length === 0) {
    throw new Error(
      'Required resource not specified.\nUse "kubectl api-resources" for a complete list of supported resources.\nSee \'kubectl get -h\' for help and examples',
    );
  }
  const targets = await parseTargets(args, session.resources);
  const named = targets.some(({ names }) => names !== undefined);
  if (named && flags['all-namespaces']) {
    throw new Error('a resource cannot be retrieved by name across all namespaces');
  }
  if (named && flags.selector !== '') throw new Error('name cannot be provided when a selector is specified');
  return targets.map((target) => ({
    ...target,
    namespace: target.type.namespaced && !flags['all-namespaces'] ? session.namespace : undefined,
  }));
}

/** The paths to GET: a list, or one path for each name. */
function pathsOf({ type, names, namespace }: Wanted, flags: Flags): string[] {
  const collection = collectionPath(type, namespace);
  if (names) return names.map((name) => `${collection}/${encodeURIComponent(name)}`);
  const query = new URLSearchParams();
  if (flags.selector) query.set('labelSelector', flags.selector);
  if (flags['field-selector']) query.set('fieldSelector', flags['field-selector']);
  if (flags['chunk-size'] > 0) query.set('limit', String(flags['chunk-size']));
  return [`${collection}?${query}`];
}

async function fetchJson<R>(path: string, session: Session, accept = 'application/json'): Promise<R> {
  const response = await session.client.transport.request({ method: 'GET', path, headers: { accept } });
  if (response.status < 200 || response.status > 299) throw await responseError(response);
  return JSON.parse(Buffer.from(await readBody(response)).toString('utf8')) as R;
}

/** Follows `continue` to the end of a list. */
async function* pages<R extends { metadata?: { continue?: string } }>(
  path: string,
  session: Session,
  accept?: string,
): AsyncGenerator<R> {
  let at = path;
  for (;;) {
    const page = await fetchJson<R>(at, session, accept);
    yield page;
    if (!page.metadata?.continue) return;
    at = `${path}&continue=${encodeURIComponent(page.metadata.continue)}`;
  }
}

/** Runs `each` for every path; failures are printed and make the exit code 1, the others still come. */
async function forEachPath(
  selections: readonly Wanted[],
  context: { flags: Flags; session: Session },
  each: (path: string, wanted: Wanted) => Promise<void>,
): Promise<number> {
  let code = 0;
  for (const wanted of selections) {
    for (const path of pathsOf(wanted, context.flags)) {
      try {
        await each(path, wanted);
      } catch (error) {
        const missing = error instanceof StatusError && error.reason === 'NotFound';
        if (missing && context.flags['ignore-not-found']) continue;
        context.session.io.err(errorText(error, context.session.server));
        code = 1;
      }
    }
  }
  return code;
}

async function getTables(selections: readonly Wanted[], context: { flags: Flags; session: Session }): Promise<number> {
  const { flags, session } = context;
  const severalTypes = new Set(selections.map(({ type }) => type)).size > 1;
  const tables = new Map<AnyResource, Table[]>();
  const code = await forEachPath(selections, context, async (path, { type }) => {
    for await (const page of pages<Table>(path, session, tableType)) {
      tables.set(type, [...(tables.get(type) ?? []), page]);
    }
  });
  const shown = [...tables].filter(([, list]) => list.some((table) => (table.rows ?? []).length > 0));
  if (shown.length === 0) {
    if (code === 0 && !flags['ignore-not-found']) session.io.err(nothingFound(selections, flags));
    return code;
  }
  for (const [i, [type, list]] of shown.entries()) {
    if (i > 0) session.io.out('\n');
    const rows = list.flatMap((table) => table.rows ?? []);
    const printer = new TablePrinter(tableOptions(type, { flags, prefixed: severalTypes || flags['show-kind'] }));
    session.io.out(
      printer.format({ ...(list[0] as Table), rows: sorted(rows, flags['sort-by'], (row) => row.object) }),
    );
  }
  return code;
}

function nothingFound(selections: readonly Wanted[], flags: Flags): string {
  const [first] = selections;
  const namespaced = !flags['all-namespaces'] && first?.namespace !== undefined;
  return namespaced ? `No resources found in ${first?.namespace} namespace.\n` : 'No resources found\n';
}

function tableOptions(type: AnyResource, { flags, prefixed }: { flags: Flags; prefixed: boolean }) {
  return {
    wide: flags.output === 'wide',
    noHeaders: flags['no-headers'],
    showNamespace: flags['all-namespaces'] && type.namespaced,
    showLabels: flags['show-labels'],
    labelColumns: flags['label-columns'],
    namePrefix: prefixed ? `${type.singular}${type.group ? `.${type.group}` : ''}/` : '',
  };
}

async function getObjects(
  selections: readonly Wanted[],
  context: { flags: Flags; session: Session; print: NonNullable<ReturnType<typeof objectPrinter>> },
): Promise<number> {
  const items: Printable[] = [];
  const code = await forEachPath(selections, context, async (path, { type, names }) => {
    if (names) items.push({ type, object: await fetchJson<ApiObject>(path, context.session) });
    else {
      for await (const page of pages<{ items?: ApiObject[]; apiVersion?: string; metadata?: { continue?: string } }>(
        path,
        context.session,
      )) {
        for (const item of page.items ?? [])
          items.push({ type, object: { apiVersion: page.apiVersion, kind: type.kind, ...item } });
      }
    }
  });
  const single = selections.length === 1 && selections[0]?.names?.length === 1;
  if (code !== 0 && items.length === 0) return code;
  if (single && items.length === 0) return code;
  context.session.io.out(
    context.print(
      sorted(items, context.flags['sort-by'], ({ object }) => object),
      !single,
    ),
  );
  return code;
}

function sorted<T>(items: readonly T[], path: string, objectOf: (item: T) => unknown): T[] {
  if (path === '') return [...items];
  const keys = path.replace(/[{}]/g, '').replace(/^\./, '').split('.');
  const keyOf = (item: T): unknown =>
    keys.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], objectOf(item));
  return items
    .map((item) => ({ item, key: keyOf(item) }))
    .sort((a, b) => (a.key === b.key ? 0 : ((a.key ?? '') as string) < ((b.key ?? '') as string) ? -1 : 1))
    .map(({ item }) => item);
}

async function watch(
  selections: readonly Wanted[],
  { flags, session, signal }: { flags: Flags; session: Session; signal: AbortSignal },
): Promise<number> {
  const [wanted] = selections;
  if (!wanted || selections.length > 1 || (wanted.names?.length ?? 0) > 1) {
    throw new Error('you may only specify a single resource type');
  }
  const { type, names, namespace } = wanted;
  const print = objectPrinter(flags.output, { showManagedFields: flags['show-managed-fields'] });
  const table = new TablePrinter(tableOptions(type, { flags, prefixed: flags['show-kind'] }));
  const query = new URLSearchParams();
  if (flags.selector) query.set('labelSelector', flags.selector);
  const fields = [flags['field-selector'], ...(names ? [`metadata.name=${names[0]}`] : [])].filter((f) => f !== '');
  if (fields.length > 0) query.set('fieldSelector', fields.join(','));
  const accept = print ? 'application/json' : tableType;
  const collection = collectionPath(type, namespace);
  if (!flags['watch-only']) {
    const list = await fetchJson<Table & { items?: ApiObject[] }>(`${collection}?${query}`, session, accept);
    query.set('resourceVersion', list.metadata?.resourceVersion ?? '0');
    if (!print && (list.rows ?? []).length > 0) session.io.out(table.format(list));
    if (print)
      for (const object of list.items ?? [])
        session.io.out(print([{ type, object: { apiVersion: list.apiVersion, ...object, kind: type.kind } }], false));
  }
  query.set('watch', 'true');
  const response = await session.client.transport.request({
    method: 'GET',
    path: `${collection}?${query}`,
    headers: { accept },
    signal,
  });
  if (response.status !== 200) throw await responseError(response);
  for await (const line of linesOf(response.body)) {
    if (line === '') continue;
    const event = JSON.parse(line) as { type: string; object: ApiObject };
    if (event.type === 'ERROR') throw StatusError.fromStatus(event.object as unknown as Status);
    if (event.type === 'BOOKMARK') continue;
    if (print) session.io.out(print([{ type, object: event.object }], false));
    else session.io.out(table.format(event.object as unknown as Table));
  }
  return 0;
}

async function raw(path: string, session: Session): Promise<number> {
  const response = await session.client.transport.request({ method: 'GET', path });
  if (response.status < 200 || response.status > 299) throw await responseError(response);
  session.io.out(Buffer.from(await readBody(response)).toString('utf8'));
  return 0;
}
