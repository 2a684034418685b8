import { messagesOf } from '@typernetes/base';
import { linesOf, responseError } from '@typernetes/client';
import {
  type ApiObject,
  collectionPath,
  isNotFound,
  type Status,
  StatusError,
  type Table,
} from '@typernetes/machinery';
import { PlainError } from '../io.ts';
import { Columns } from '../printing/columns.ts';
import { encodeJsonLine } from '../printing/json.ts';
import type { objectPrinter } from '../printing/object-printer.ts';
import { TablePrinter } from '../printing/table.ts';
import { isTimeUp } from '../requests/time-up.ts';
import { listError } from '../resources/list-error.ts';
import type { Session } from '../session.ts';
import type { GetFlags } from './get-flags.ts';
import { fetchJson, type List, orMissingNamespace, type Wanted } from './get-requests.ts';
import { asTable, tableOptions, tableType } from './get-tables.ts';

interface Watching {
  readonly flags: GetFlags;
  readonly session: Session;
  readonly signal: AbortSignal;
  /** Undefined for tables. */
  readonly print: ReturnType<typeof objectPrinter>;
}

/** Shows one object, or one kind of objects, and what happens to them until the watch ends; resolves to the exit code. */
export async function watchOne(wanted: Wanted, of: Watching): Promise<number> {
  const { flags, session, signal, print } = of;
  const collection = collectionPath(wanted.type, wanted.namespace);
  const accept = print || !flags['server-print'] ? 'application/json' : tableType;
  const show = shownEvents(wanted, of);
  let start: { readonly revision: string; readonly skipped: number };
  try {
    start = await (wanted.names
      ? startAtObject(wanted, collection, { ...of, accept, show })
      : startAtList(wanted, collection, { ...of, accept, show }));
  } catch (error) {
    // What is not there is not waited for.
    if (flags['ignore-not-found'] && isNotFound(error)) return 0;
    throw error;
  }
  const query = selectorQuery(wanted, flags);
  query.set('resourceVersion', start.revision);
  query.set('watch', 'true');
  const path = `${collection}?${query}`;
  const response = await session.client.transport.request({ method: 'GET', path, headers: { accept }, signal });
  if (response.status !== 200) throw await responseError(response);
  let { skipped } = start;
  try {
    for await (const line of linesOf(response.body)) {
      if (line === '') continue;
      const event = JSON.parse(line) as { type: string; object: ApiObject };
      if (event.type === 'ERROR') throw StatusError.fromStatus(event.object as unknown as Status);
      if (event.type !== 'BOOKMARK' && skipped-- <= 0) show.event(event.type, event.object);
    }
  } catch (error) {
    // A watch that has lasted as long as it may is no failure.
    if (!isTimeUp(error)) throw error;
  }
  return 0;
}

function selectorQuery({ names }: Wanted, flags: GetFlags): URLSearchParams {
  const query = new URLSearchParams();
  if (flags.selector) query.set('labelSelector', flags.selector);
  const fields = [flags['field-selector'], ...(names ? [`metadata.name=${names[0]}`] : [])].filter((f) => f !== '');
  if (fields.length > 0) query.set('fieldSelector', fields.join(','));
  return query;
}

interface Shown {
  event(type: string, object: ApiObject): void;
  /** Shows what there is when the watch begins. */
  present(objects: readonly ApiObject[]): void;
  /** Nothing but takes the columns for what follows. */
  columnsOf(object: ApiObject): void;
}

function shownEvents({ type }: Wanted, { flags, session, print }: Watching): Shown {
  const withEvents = flags['output-watch-events'];
  const options = { ...tableOptions(type, { flags, prefixed: flags['show-kind'] }), showEvent: withEvents };
  const table = new TablePrinter(options);
  const tableOf = (object: ApiObject): Table => asTable(object as unknown as List, session);
  // Upstream sends everything through the writer of tables, which takes tabs for the ends of cells.
  const columns = new Columns();
  let documents = 0;
  const textOf = (event: string, object: ApiObject): string => {
    const head = flags.output === 'yaml' && documents++ > 0 ? '---\n' : '';
    return head + formatted(event, object);
  };
  const formatted = (event: string, object: ApiObject): string => {
    if (!print) return table.format(tableOf(object), event);
    if (!withEvents || flags.output === 'name') return print([{ type, object }], false);
    // The event is what is printed: a line of JSON each.
    if (flags.output === 'json') return encodeJsonLine({ type: event, object });
    // An event has neither, and this format alone wants them.
    if (flags.output === 'kyaml')
      throw new Error('missing apiVersion or kind; try GetObjectKind().SetGroupVersionKind() if you know the type');
    return print([{ type, object: { type: event, object } as unknown as ApiObject }], false);
  };
  const out = (text: string): void => session.io.out(print ? columns.expand(text) : text);
  const failed = (error: unknown, said: string): unknown => {
    if (!(error instanceof PlainError)) return said === '' ? error : new Error(`${said}${messagesOf(error)}`);
    const message = error.message.replace(/^error: /, `$&${said}`);
    return new PlainError(message, error.exitCode, columns.expand(error.output));
  };
  return {
    event(type, object) {
      let text: string;
      try {
        text = textOf(type, object);
      } catch (error) {
        throw failed(error, '');
      }
      out(text);
    },
    present(objects) {
      let text = '';
      try {
        for (const object of objects) text += textOf('ADDED', object);
      } catch (error) {
        out(text);
        throw failed(error, 'unable to output the provided object: ');
      }
      out(text);
    },
    columnsOf(object) {
      // As upstream, which shows nothing but the event of what is watched with them.
      if (!print && !withEvents) table.learn(tableOf(object));
    },
  };
}

interface Starting extends Watching {
  readonly accept: string;
  readonly show: Shown;
}

/**
 * The revision of an object may be older than what the server remembers: the watch starts at any revision, and the first event, which tells of the
 * object as it is, is skipped.
 */
async function startAtObject(wanted: Wanted, collection: string, { flags, session, accept, show }: Starting) {
  const path = `${collection}/${encodeURIComponent(wanted.names?.[0] ?? '')}`;
  const object = await fetchJson<ApiObject>(path, session, accept).catch(async (error: unknown) => {
    throw await orMissingNamespace(error, wanted, { session, accept });
  });
  if (flags['watch-only']) show.columnsOf(object);
  else show.present([object]);
  return { revision: '0', skipped: 1 };
}

async function startAtList(wanted: Wanted, collection: string, { flags, session, print, accept, show }: Starting) {
  const query = selectorQuery(wanted, flags);
  // What is there already is not shown: the watch begins at how things are now.
  if (flags['watch-only']) query.set('limit', '1');
  const path = query.size > 0 ? `${collection}?${query}` : collection;
  const list = await fetchJson<Table & List>(path, session, accept).catch((error: unknown) => {
    const { selector: labelSelector, 'field-selector': fieldSelector } = flags;
    throw listError(error, { type: wanted.type, labelSelector, fieldSelector });
  });
  const start = { revision: list.metadata?.resourceVersion ?? '0', skipped: 0 };
  if (flags['watch-only']) return start;
  if (!print && (list.rows ?? []).length > 0) show.present([list as unknown as ApiObject]);
  const { apiVersion, items = [] } = list;
  show.present(items.map((item) => ({ apiVersion, ...item, kind: wanted.type.kind }) as ApiObject));
  return start;
}
