import { linesOf, readBody, responseError } from '@typernetes/client';
import {
  type ApiObject,
  collectionPath,
  humanDuration,
  relaxedJsonPath,
  type Status,
  StatusError,
  type Table,
} from '@typernetes/machinery';
import type { ParsedFlags } from '@typernetes/process';
import { defineCommand } from '../command.ts';
import { errorText } from '../error-text.ts';
import { PlainError } from '../io.ts';
import { logged } from '../logged-warning.ts';
import { ListFailures } from '../manifests/list-failures.ts';
import { filenameFlags, readManifests } from '../manifests/read.ts';
import { encodeJsonLine } from '../printing/json.ts';
import { objectPrinter, type Printable } from '../printing/object-printer.ts';
import { TablePrinter } from '../printing/table.ts';
import { isTimeUp } from '../requests/time-up.ts';
import { refuseBesideFiles, refuseNamesBesideSelector } from '../resources/argument-problems.ts';
import { parseTargets, printedKind, type Selection } from '../resources/arguments.ts';
import type { AnyResource } from '../resources/finder.ts';
import { listError } from '../resources/list-error.ts';
import type { Session } from '../session.ts';
import { Failures } from './failures.ts';
import { rawRequest } from './raw-request.ts';
import { sortedByField, sortObjects, Unsortable } from './sort-objects.ts';

const flagSpecs = {
  ...filenameFlags,
  'allow-missing-template-keys': {
    type: 'boolean',
    help: 'If true, ignore any errors in templates when a field or map key is missing in the template.',
    default: true,
  },
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
    help: 'Output format. One of: (json, yaml, kyaml, name, go-template, go-template-file, template, templatefile, jsonpath, jsonpath-as-json, jsonpath-file, custom-columns, custom-columns-file, wide).',
  },
  'output-watch-events': { type: 'boolean', help: 'Output watch event objects when --watch is used.', default: false },
  raw: { type: 'string', help: 'Raw URI to request from the server.' },
  selector: { type: 'string', short: 'l', help: 'Selector (label query) to filter on.', default: '' },
  'server-print': {
    type: 'boolean',
    help: 'If true, have the server return the appropriate table output.',
    default: true,
  },
  'show-kind': { type: 'boolean', help: 'List the resource type for the requested object(s).', default: false },
  'show-labels': { type: 'boolean', help: 'Show all labels as the last column.', default: false },
  'show-managed-fields': { type: 'boolean', help: 'Keep the managedFields when printing objects.', default: false },
  'sort-by': { type: 'string', help: 'Sort list types using this field specification.', default: '' },
  subresource: { type: 'string', help: 'If specified, gets the subresource of the requested object.', default: '' },
  template: { type: 'string', help: 'Template string or path to template file to use.', default: '' },
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
  use: 'get [(-o|--output=)json|yaml|kyaml|name|go-template|go-template-file|template|templatefile|jsonpath|jsonpath-as-json|jsonpath-file|custom-columns|custom-columns-file|wide] (TYPE[.VERSION][.GROUP] [NAME | -l label] | TYPE[.VERSION][.GROUP]/NAME ...) [flags]',
  short: 'Display one or many resources',
  flags: flagSpecs,
  async run({ flags, positional }, session, signal) {
    const { output } = flags;
    if (flags.raw !== undefined) {
      if (positional.length > 0) throw new Error('arguments may not be passed when --raw is specified');
      if (flags.watch || flags['watch-only'] || flags.selector !== '')
        throw new Error(
          '--raw may not be specified with other flags that filter the server request or alter the output',
        );
      if (output) throw new Error('--raw and --output are mutually exclusive');
      return rawRequest({ method: 'GET', path: flags.raw }, session);
    }
    if (flags['output-watch-events'] && !flags.watch && !flags['watch-only'])
      throw new Error('--output-watch-events option can only be used with --watch or --watch-only');
    if (flags['show-labels'] && output && output !== 'wide')
      throw new Error(`--show-labels option cannot be used with ${output} printer`);
    if (flags['sort-by'] !== '' && (flags.watch || flags['watch-only'])) {
      const what = flags.watch
        ? '--watch requested, --sort-by will be ignored for watch events received'
        : '--watch-only requested, --sort-by will be ignored';
      session.io.err(`warning: ${what}\n`);
    }
    const printer = printerOf(output, {
      showManagedFields: flags['show-managed-fields'],
      noHeaders: flags['no-headers'],
      strict: !flags['allow-missing-template-keys'],
      columns: true,
    });
    const failures = new Failures();
    const selections = await selectionsOf(positional, { flags, session, failures });
    const missing = failures.report(session, { bare: !printer });
    if (missing !== 0 && (selections.length === 0 || (printer && (await isOneFile(flags, session))))) return missing;
    if (flags.watch || flags['watch-only']) return watch(selections, { flags, session, signal, print: printer });
    const code = await (printer
      ? getObjects(selections, { flags, session, print: printer })
      : getTables(selections, { flags, session }));
    return Math.max(code, missing);
  },
});

/** What is wrong with a format is said when there is something to print, as upstream does. */
function printerOf(...of: Parameters<typeof objectPrinter>): ReturnType<typeof objectPrinter> {
  try {
    return objectPrinter(...of);
  } catch (error) {
    const fail = (): never => {
      throw error;
    };
    return Object.assign(fail, { problem: error });
  }
}

/** Such a one is printed as a whole or not at all, unless as a table. */
async function isOneFile({ filename = [] }: Flags, { files }: Session): Promise<boolean> {
  const [path = ''] = filename;
  return filename.length === 1 && path !== '-' && !/^https?:/.test(path) && !(await files.list(path));
}

/** What is asked for, with the namespace it is asked in. */
interface Wanted extends Selection {
  readonly namespace: string | undefined;
  /** Of what a file has in a list: that list. */
  readonly list?: object;
}

async function selectionsOf(
  args: readonly string[],
  { flags, session, failures }: { flags: Flags; session: Session; failures: Failures },
): Promise<Wanted[]> {
  if (flags.filename) {
    refuseBesideFiles(args);
    const files = { filenames: flags.filename, recursive: flags.recursive, failed: failures.add };
    const objects = await readManifests(files, session);
    return objects.map(({ type, name, namespace, list }) => ({
      type,
      names: [name],
      namespace,
      ...(list ? { list } : {}),
    }));
  }
  if (args.length === 0) {
    throw new PlainError(
      'You must specify the type of resource to get. Use "kubectl api-resources" for a complete list of supported resources.\n\nerror: Required resource not specified.\nUse "kubectl explain <resource>" for a detailed description of that resource (e.g. kubectl explain pods).\nSee \'kubectl get -h\' for help and examples\n',
    );
  }
  await session.client.transport.connectAhead?.();
  const targets = await parseTargets(args, session.resources);
  if (flags.selector !== '' || flags['field-selector'] !== '') refuseNamesBesideSelector(args, targets);
  if (flags['all-namespaces'] && targets.some(({ type, names }) => names && type.namespaced)) {
    throw new Error('a resource cannot be retrieved by name across all namespaces');
  }
  return targets.map((target) => ({
    ...target,
    namespace: target.type.namespaced && !flags['all-namespaces'] ? session.namespace : undefined,
  }));
}

/** The paths to GET: a list, or one path for each name. */
function pathsOf({ type, names, namespace }: Wanted, flags: Flags): string[] {
  const collection = collectionPath(type, namespace);
  const below = flags.subresource === '' ? '' : `/${flags.subresource}`;
  if (names) return names.map((name) => `${collection}/${encodeURIComponent(name)}${below}`);
  if (below !== '') throw new Error('subresource cannot be used when bulk resources are specified');
  const query = new URLSearchParams();
  if (flags.selector) query.set('labelSelector', flags.selector);
  if (flags['field-selector']) query.set('fieldSelector', flags['field-selector']);
  if (flags['chunk-size'] > 0) query.set('limit', String(flags['chunk-size']));
  return [`${collection}?${query}`];
}

async function fetchJson<R>(path: string, session: Session, accept = 'application/json'): Promise<R> {
  const response = await session.client.transport.request({ method: 'GET', path, headers: { accept } });
  if (response.status < 200 || response.status > 299) throw await responseError(response, { method: 'GET', path });
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
    at = `${path}${path.includes('?') ? '&' : '?'}continue=${encodeURIComponent(page.metadata.continue)}`;
  }
}

/** Runs `each` for every path; failures are printed and make the exit code 1, the others still come. */
async function forEachPath(
  selections: readonly Wanted[],
  context: { flags: Flags; session: Session },
  each: (path: string, wanted: Wanted) => Promise<void>,
  told?: (text: string) => void,
): Promise<number> {
  const tell = told ?? context.session.io.err;
  let code = 0;
  let ofList: unknown[] = [];
  for (const [i, wanted] of selections.entries()) {
    for (const path of pathsOf(wanted, context.flags)) {
      try {
        await each(path, wanted);
      } catch (failure) {
        const { selector: labelSelector, 'field-selector': fieldSelector } = context.flags;
        const error = wanted.names ? failure : listError(failure, { type: wanted.type, labelSelector, fieldSelector });
        const missing = error instanceof StatusError && error.reason === 'NotFound';
        if (missing && context.flags['ignore-not-found']) continue;
        // Only tables are told of a list as a whole.
        if (wanted.list && !told) ofList.push(error);
        else tell(errorText(error, context.session.server));
        code = 1;
      }
    }
    if (ofList.length > 0 && wanted.list !== selections[i + 1]?.list) {
      tell(`${new ListFailures(ofList).message}\n`);
      ofList = [];
    }
  }
  return code;
}

async function getTables(selections: readonly Wanted[], context: { flags: Flags; session: Session }): Promise<number> {
  const { flags, session } = context;
  const tables = new Map<AnyResource, Table[]>();
  const code = await forEachPath(selections, context, async (path, { type }) => {
    const whole = flags['sort-by'] === '' ? path : `${path}${path.includes('?') ? '&' : '?'}includeObject=Object`;
    const list = tables.get(type) ?? [];
    tables.set(type, list);
    if (flags['server-print'])
      for await (const page of pages<Table & List>(whole, session, tableType)) list.push(asTable(page, session));
    else for await (const page of pages<List>(path, session)) list.push(asTable(page, session));
  });
  const severalTypes = [...tables.values()].filter((list) => list.length > 0).length > 1;
  const shown = [...tables].filter(([, list]) => list.some((table) => (table.rows ?? []).length > 0));
  const alone = selections.flatMap((wanted) => pathsOf(wanted, flags)).length === 1;
  const sorted = shown.flatMap(([type, list]) => {
    const rows = sortedRows(
      list.flatMap((table) => table.rows ?? []),
      { alone, flags, session },
    );
    return rows ? [{ type, table: { ...(list[0] as Table), rows } }] : [];
  });
  if (sorted.length === 0) {
    if (code === 0 && !flags['ignore-not-found']) session.io.err(nothingFound(selections, { flags, session }));
    return code;
  }
  for (const [i, { type, table }] of sorted.entries()) {
    if (i > 0) session.io.out('\n');
    const printer = new TablePrinter(tableOptions(type, { flags, prefixed: severalTypes || flags['show-kind'] }));
    session.io.out(printer.format(table));
  }
  return code;
}

/**
 * As upstream: what a server made a table of by one request, and what has not the field to sort by, is shown as nothing (undefined); all else without the
 * field is an error. A row on its own needs no field.
 */
function sortedRows(
  rows: NonNullable<Table['rows']>,
  { alone, flags, session }: { alone: boolean; flags: Flags; session: Session },
): NonNullable<Table['rows']> | undefined {
  if (alone && rows.length === 1) return rows;
  const sort = alone && flags['server-print'] ? sortedByField : sortObjects;
  return inOrder(rows, { sort, session, flags, of: ['[][][]reflect.Value', 'sorter.go:375'] }, (row) => row.object);
}

/** Values without an order end upstream's program where it sorts. */
function inOrder<T, R>(
  items: readonly T[],
  how: {
    readonly sort: (items: readonly T[], path: string, objectOf: (item: T) => unknown) => R;
    readonly session: Session;
    readonly flags: Flags;
    /** What is sorted, and where, in upstream's words. */
    readonly of: readonly [type: string, place: string];
  },
  objectOf: (item: T) => unknown,
): R {
  const { sort, session, flags, of } = how;
  const path = flags['sort-by'];
  try {
    return sort(items, path, objectOf);
  } catch (error) {
    if (!(error instanceof Unsortable)) throw error;
    const [type, place] = of;
    const text = `Field ${relaxedJsonPath(path)} in ${type} is an unsortable type: interface, err: ${error.message}`;
    throw new PlainError(logged(text, { session, place, severity: 'F' }));
  }
}

function nothingFound(wanted: readonly Wanted[], { flags, session }: { flags: Flags; session: Session }): string {
  // Files may have nothing in them; of what is in no namespace none is told.
  const namespace = wanted.every((one) => one.namespace !== undefined) ? session.namespace : undefined;
  const namespaced = !flags['all-namespaces'] && namespace !== undefined;
  return namespaced ? `No resources found in ${namespace} namespace.\n` : 'No resources found\n';
}

function tableOptions(type: AnyResource, { flags, prefixed }: { flags: Flags; prefixed: boolean }) {
  return {
    wide: flags.output === 'wide',
    noHeaders: flags['no-headers'],
    showNamespace: flags['all-namespaces'] && type.namespaced,
    showLabels: flags['show-labels'],
    labelColumns: flags['label-columns'],
    namePrefix: prefixed ? `${printedKind(type)}/` : '',
  };
}

async function getObjects(
  selections: readonly Wanted[],
  context: { flags: Flags; session: Session; print: NonNullable<ReturnType<typeof objectPrinter>> },
): Promise<number> {
  const items: Printable[] = [];
  const failures: string[] = [];
  const fetched = async (path: string, { type, names }: Wanted): Promise<void> => {
    if (names) items.push({ type, object: await fetchJson<ApiObject>(path, context.session) });
    else {
      for await (const page of pages<List>(path, context.session)) {
        for (const item of page.items ?? [])
          items.push({ type, object: { apiVersion: page.apiVersion, kind: type.kind, ...item } });
      }
    }
  };
  const code = await forEachPath(selections, context, fetched, (text) => void failures.push(text));
  const single = selections.length === 1 && selections[0]?.names?.length === 1;
  const isNothing = items.length === 0 && (single || (code === 0 && context.flags['ignore-not-found']));
  // Of several objects a format that is none is all that is told.
  if (!isNothing && !single && 'problem' in context.print) throw context.print.problem;
  for (const text of failures) context.session.io.err(text);
  if (isNothing || (code !== 0 && (await isOneFile(context.flags, context.session)))) return code;
  context.session.io.out(context.print(single ? items : sortedItems(items, context), !single));
  return code;
}

function sortedItems(items: readonly Printable[], of: { flags: Flags; session: Session }): readonly Printable[] {
  const how = { ...of, sort: sortObjects<Printable>, of: ['*unstructured.Unstructured', 'sorter.go:329'] } as const;
  return inOrder(items, how, ({ object }) => object);
}

interface List {
  readonly items?: ApiObject[];
  readonly apiVersion?: string;
  readonly metadata?: { readonly continue?: string; readonly resourceVersion?: string };
}

/** Not every server makes a table of everything: of a scale 1.20 makes none. */
function asTable(page: (Table & List) | List, { clock }: Session): Table {
  if ('columnDefinitions' in page) return page;
  return nameTable(page.items ?? [page as unknown as ApiObject], clock.now());
}

/** What can be said without the server: names and ages. */
function nameTable(items: readonly ApiObject[], now: number): Table {
  return {
    columnDefinitions: [
      { name: 'Name', type: 'string', format: 'name', description: '', priority: 0 },
      { name: 'Age', type: 'string', format: '', description: '', priority: 0 },
    ],
    rows: items.map((object) => ({
      cells: [object.metadata.name, humanDuration(now - Date.parse(object.metadata.creationTimestamp))],
      object: object as unknown as Record<string, unknown>,
    })),
  } as unknown as Table;
}

async function watch(
  selections: readonly Wanted[],
  of: { flags: Flags; session: Session; signal: AbortSignal; print: ReturnType<typeof objectPrinter> },
): Promise<number> {
  const { flags, session, signal, print } = of;
  const [wanted] = selections;
  if (new Set(selections.map(({ type }) => type)).size > 1)
    throw new Error('you may only specify a single resource type');
  if (!wanted || selections.length > 1 || (wanted.names?.length ?? 0) > 1) {
    // What there is now can be shown all the same.
    if (!flags['watch-only'])
      await (print ? getObjects(selections, { flags, session, print }) : getTables(selections, { flags, session }));
    throw new Error('you may only watch a single resource or type of resource at a time');
  }
  const { type, names, namespace } = wanted;
  const withEvents = flags['output-watch-events'];
  const options = { ...tableOptions(type, { flags, prefixed: flags['show-kind'] }), showEvent: withEvents };
  const table = new TablePrinter(options);
  let documents = 0;
  const show = (event: string, object: ApiObject): void => {
    if (flags.output === 'yaml' && documents++ > 0) session.io.out('---\n');
    if (!print) session.io.out(table.format(object as unknown as Table, event));
    else if (!withEvents || flags.output === 'name') session.io.out(print([{ type, object }], false));
    // The event is what is printed: a line of JSON each.
    else if (flags.output === 'json') session.io.out(encodeJsonLine({ type: event, object }));
    else session.io.out(print([{ type, object: { type: event, object } as unknown as ApiObject }], false));
  };
  const query = new URLSearchParams();
  if (flags.selector) query.set('labelSelector', flags.selector);
  const fields = [flags['field-selector'], ...(names ? [`metadata.name=${names[0]}`] : [])].filter((f) => f !== '');
  if (fields.length > 0) query.set('fieldSelector', fields.join(','));
  const accept = print ? 'application/json' : tableType;
  const collection = collectionPath(type, namespace);
  if (names) {
    // One that is not there is not waited for.
    const object = await fetchJson<ApiObject>(`${collection}/${encodeURIComponent(names[0] ?? '')}`, session, accept);
    query.set('resourceVersion', object.metadata.resourceVersion ?? '0');
    if (!flags['watch-only']) show('ADDED', object);
  } else if (flags['watch-only']) {
    // What is there already is not shown: the watch begins at how things are now.
    const list = await fetchJson<List>(`${collection}?${query}${query.size > 0 ? '&' : ''}limit=1`, session);
    query.set('resourceVersion', list.metadata?.resourceVersion ?? '0');
  } else {
    const list = await fetchJson<Table & { items?: ApiObject[] }>(`${collection}?${query}`, session, accept);
    query.set('resourceVersion', list.metadata?.resourceVersion ?? '0');
    if (!print && (list.rows ?? []).length > 0) show('ADDED', list as unknown as ApiObject);
    if (print)
      for (const object of list.items ?? [])
        show('ADDED', { apiVersion: list.apiVersion, ...object, kind: type.kind } as ApiObject);
  }
  query.set('watch', 'true');
  const response = await session.client.transport.request({
    method: 'GET',
    path: `${collection}?${query}`,
    headers: { accept },
    signal,
  });
  if (response.status !== 200) throw await responseError(response);
  try {
    for await (const line of linesOf(response.body)) {
      if (line === '') continue;
      const event = JSON.parse(line) as { type: string; object: ApiObject };
      if (event.type === 'ERROR') throw StatusError.fromStatus(event.object as unknown as Status);
      if (event.type === 'BOOKMARK') continue;
      show(event.type, event.object);
    }
  } catch (error) {
    // A watch that has lasted as long as it may is no failure.
    if (!isTimeUp(error)) throw error;
  }
  return 0;
}
