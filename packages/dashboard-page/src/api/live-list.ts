import { type Clock, messageOf } from '@typernetes/base';
import {
  type ApiObject,
  isExpired,
  type ListMeta,
  type ObjectMeta,
  reasonOf,
  type Status,
  StatusError,
  type Table,
  type TableColumnDefinition,
} from '@typernetes/machinery';
import type { Connection } from './connection.ts';
import { queryOf } from './resource.ts';
import { messagesOf } from './socket-messages.ts';

/** A row of a table, or an object: both have the object's metadata, and a name that stays. */
export interface Entry {
  readonly metadata: ObjectMeta;
}

export interface Live<E extends Entry> {
  /** Until the first list has come whole there is `loading`; `stale` while the watch is broken. */
  readonly state: 'loading' | 'live' | 'stale' | 'failed';
  readonly entries: readonly E[];
  /** Of tables. */
  readonly columns: readonly TableColumnDefinition[];
  /** Why it failed, or why it is stale. */
  readonly error?: StatusError;
}

export interface Row extends Entry {
  readonly cells: readonly unknown[];
}

/** How the entries of an answer are found, and how one says which object it is. */
interface Form<E extends Entry> {
  readonly accept: string;
  /** What asks the dashboard's server for the same form of a watch: browsers send no headers with WebSockets. */
  readonly protocol: string;
  readonly entriesOf: (answer: unknown) => { entries: E[]; columns: readonly TableColumnDefinition[] };
}

const table: Form<Row> = {
  accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
  protocol: 'dashboard-table',
  entriesOf: (answer) => {
    const { rows = [], columnDefinitions = [] } = answer as Table;
    return {
      columns: columnDefinitions,
      entries: rows.map(({ cells, object }) => ({ cells, metadata: (object as unknown as ApiObject).metadata })),
    };
  },
};

const objects: Form<ApiObject> = {
  accept: 'application/json',
  protocol: 'dashboard-json',
  entriesOf: (answer) => {
    const list = answer as { items?: ApiObject[] } & ApiObject;
    return { columns: [], entries: list.items ?? [list] };
  },
};

export interface Wanted {
  readonly path: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** It cannot be watched: it is listed anew every so often. */
  readonly isPolled?: boolean;
}

interface Surroundings {
  readonly connection: Connection;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly signal: AbortSignal;
}

/** Follows a list as the server prints it for kubectl. */
export const followTable = (wanted: Wanted, around: Surroundings, show: (live: Live<Row>) => void): Promise<void> =>
  follow(table, wanted, { ...around, show });

/** Follows a list of whole objects. */
export const followObjects = <T extends ApiObject>(
  wanted: Wanted,
  around: Surroundings,
  show: (live: Live<T>) => void,
): Promise<void> => follow(objects as unknown as Form<T>, wanted, { ...around, show });

/** How many entries come at a time: the first are shown before the last are there. */
const pageSize = 500;
/** Entries that change within this time, in milliseconds, are shown together. */
const gatherMs = 100;
/** How often what cannot be watched is listed. */
const pollMs = 15_000;
const shortestPauseMs = 500;
const longestPauseMs = 30_000;

/**
 * Lists, then watches from there, until the signal aborts; lists anew when the server has forgotten where the watch was. A list that is refused (403,
 * 404) has failed; whatever else goes wrong is tried again, ever less often. Settles when the signal has aborted or the list has failed.
 */
async function follow<E extends Entry>(
  form: Form<E>,
  wanted: Wanted,
  { connection, clock, signal, show }: Surroundings & { show: (live: Live<E>) => void },
): Promise<void> {
  let pauseMs = shortestPauseMs;
  let shown: Live<E> = { state: 'loading', entries: [], columns: [] };
  const tell = (live: Live<E>): void => {
    shown = live;
    if (!signal.aborted) show(live);
  };
  while (!signal.aborted) {
    try {
      const listed = await list(form, wanted, {
        connection,
        signal,
        tell: shown.state === 'loading' ? tell : () => {},
      });
      tell({ state: 'live', entries: listed.entries, columns: listed.columns });
      pauseMs = shortestPauseMs;
      if (wanted.isPolled) await clock.sleep(pollMs, signal).catch(() => undefined);
      else await watchOn(form, wanted, { connection, clock, signal, listed, tell });
    } catch (error) {
      if (signal.aborted) return;
      const failure = asStatus(error);
      if (isFinal(failure)) return tell({ ...shown, state: 'failed', error: failure });
      if (!isExpired(failure))
        tell({ ...shown, state: shown.state === 'loading' ? 'loading' : 'stale', error: failure });
      await clock.sleep(pauseMs, signal).catch(() => undefined);
      pauseMs = Math.min(pauseMs * 2, longestPauseMs);
    }
  }
}

const asStatus = (error: unknown): StatusError =>
  reasonOf(error) === undefined ? new StatusError('Unknown', messageOf(error)) : (error as StatusError);

const isFinal = ({ code }: StatusError): boolean => code >= 400 && code < 500 && ![408, 410, 429].includes(code);

interface Listed<E> {
  readonly entries: E[];
  readonly columns: readonly TableColumnDefinition[];
  readonly resourceVersion: string;
}

async function list<E extends Entry>(
  { accept, entriesOf }: Form<E>,
  { path, labelSelector, fieldSelector }: Wanted,
  { connection, signal, tell }: { connection: Connection; signal: AbortSignal; tell: (live: Live<E>) => void },
): Promise<Listed<E>> {
  const all: E[] = [];
  let next = '';
  for (;;) {
    const query = queryOf({ labelSelector, fieldSelector, limit: pageSize, continue: next });
    const answer = await connection.json<{ metadata?: ListMeta }>(path + query, { accept, signal });
    const { entries, columns } = entriesOf(answer);
    all.push(...entries);
    const { continue: more = '', resourceVersion = '' } = answer.metadata ?? {};
    if (more === '') return { entries: all, columns, resourceVersion };
    tell({ state: 'loading', entries: [...all], columns });
    next = more;
  }
}

const keyOf = ({ metadata: { uid, namespace, name } }: Entry): string => uid ?? `${namespace}/${name}`;

async function watchOn<E extends Entry>(
  { protocol, entriesOf }: Form<E>,
  { path, labelSelector, fieldSelector }: Wanted,
  around: Surroundings & { listed: Listed<E>; tell: (live: Live<E>) => void },
): Promise<void> {
  const { connection, clock, signal, listed, tell } = around;
  const entries = new Map(listed.entries.map((entry) => [keyOf(entry), entry]));
  let { resourceVersion } = listed;
  let isTelling = false;
  const tellSoon = (): void => {
    if (isTelling) return;
    isTelling = true;
    clock.sleep(gatherMs, signal).then(
      () => {
        isTelling = false;
        tell({ state: 'live', entries: [...entries.values()], columns: listed.columns });
      },
      () => undefined,
    );
  };
  while (!signal.aborted) {
    const query = queryOf({
      labelSelector,
      fieldSelector,
      watch: true,
      allowWatchBookmarks: true,
      resourceVersion,
      timeoutSeconds: 300,
    });
    for await (const line of messagesOf(connection.socket(path + query, [protocol]), signal)) {
      const { type, object } = JSON.parse(line) as { type: string; object: { metadata?: ListMeta } };
      if (type === 'ERROR') throw StatusError.fromStatus(object as Status);
      if (type === 'BOOKMARK') {
        resourceVersion = object.metadata?.resourceVersion ?? resourceVersion;
        continue;
      }
      for (const entry of entriesOf(object).entries) {
        resourceVersion = entry.metadata.resourceVersion ?? resourceVersion;
        if (type === 'DELETED') entries.delete(keyOf(entry));
        else entries.set(keyOf(entry), entry);
      }
      tellSoon();
    }
    // A server that ends each watch at once is not to be asked without a pause.
    await clock.sleep(shortestPauseMs, signal);
  }
}
