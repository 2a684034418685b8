import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { messageOf } from '@typernetes/base';
import { schema } from './sqlite-schema.ts';
import {
  type CommitRequest,
  type CommitResult,
  CompactedError,
  type Store,
  type StoredObject,
  type StoreEvent,
  type WatchBatch,
} from './store.ts';
import { WatchHub } from './watch-hub.ts';

/** One row of the log: a write, or a deletion when `value` is null. */
interface LogRow {
  revision: number;
  key: string;
  value: Uint8Array | null;
  create_revision: number;
  previous_revision: number;
}

interface Pending {
  readonly request: CommitRequest;
  readonly resolve: (result: CommitResult) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The embedded default: one SQLite file in WAL mode with `synchronous=FULL`.
 *
 * Commits that arrive in one turn of the event loop share one transaction, hence one fsync: throughput under load grows
 * with the number of writers, while a lone writer waits for nobody. When the transaction fails (a full disk), all its
 * commits are rejected, nothing of them was seen by anyone, and the next transaction starts from the durable state.
 */
export class SqliteStore implements Store {
  #db: DatabaseSync;
  #hub = new WatchHub();
  #pending: Pending[] = [];
  #revision: number;
  #compacted: number;
  #closed = false;
  #sql: Record<'current' | 'append' | 'point' | 'unpoint' | 'row' | 'listNow' | 'listAt' | 'since', StatementSync>;

  /** Opens or creates the file; `:memory:` is allowed. Throws when it is not a database or its folder cannot be made. */
  constructor(path: string) {
    if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.#db = new DatabaseSync(path);
    this.#db.exec(schema);
    this.#sql = {
      current: this.#db.prepare('SELECT l.* FROM current c JOIN log l ON l.revision = c.revision WHERE c.key = ?'),
      append: this.#db.prepare('INSERT INTO log VALUES (?, ?, ?, ?, ?)'),
      point: this.#db.prepare(
        'INSERT INTO current VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET revision = excluded.revision',
      ),
      unpoint: this.#db.prepare('DELETE FROM current WHERE key = ?'),
      row: this.#db.prepare('SELECT * FROM log WHERE revision = ?'),
      listNow: this.#db.prepare(
        'SELECT l.* FROM current c JOIN log l ON l.revision = c.revision WHERE c.key >= ? AND c.key < ? AND c.key > ? ORDER BY c.key LIMIT ?',
      ),
      listAt: this.#db.prepare(
        `SELECT l.* FROM (SELECT key, max(revision) AS revision FROM log WHERE key >= ? AND key < ? AND key > ? AND revision <= ? GROUP BY key) n
         JOIN log l ON l.revision = n.revision WHERE l.value IS NOT NULL ORDER BY l.key LIMIT ?`,
      ),
      // The + keeps SQLite from walking all versions of all keys: recent revisions are few.
      since: this.#db.prepare(
        'SELECT * FROM log WHERE revision > ? AND revision <= ? AND +key >= ? AND +key < ? ORDER BY revision',
      ),
    };
    const newest = this.#db.prepare('SELECT max(revision) AS revision FROM log').get() as { revision: number | null };
    const meta = this.#db.prepare("SELECT value FROM meta WHERE name = 'compacted'").get() as { value: number };
    this.#compacted = meta.value;
    this.#revision = newest.revision ?? 1;
  }

  async currentRevision(): Promise<number> {
    return this.#revision;
  }

  async get(key: string): Promise<StoredObject | undefined> {
    return this.#current(key);
  }

  async list(
    prefix: string,
    options: { revision?: number; limit?: number; after?: string } = {},
  ): Promise<{ revision: number; objects: StoredObject[]; more: boolean }> {
    const revision = options.revision ?? this.#revision;
    if (revision < this.#compacted) throw new CompactedError(this.#compacted);
    const range = [prefix, endOf(prefix), options.after ?? ''];
    const limit = options.limit === undefined ? -1 : options.limit + 1;
    const rows = (revision >= this.#revision
      ? this.#sql.listNow.all(...range, limit)
      : this.#sql.listAt.all(...range, revision, limit)) as unknown as LogRow[];
    const more = options.limit !== undefined && rows.length > options.limit;
    if (more) rows.pop();
    return { revision, objects: rows.map(objectOf), more };
  }

  commit(request: CommitRequest): Promise<CommitResult> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(new Error('Cannot commit: the store is closed'));
      this.#pending.push({ request, resolve, reject });
      if (this.#pending.length === 1) setImmediate(() => this.#flush());
    });
  }

  async *watch(prefix: string, from: number, signal: AbortSignal): AsyncIterable<WatchBatch> {
    yield* this.#hub.watch(prefix, () => this.#since(prefix, { after: from, upTo: this.#revision }), signal);
  }

  async history(prefix: string, range: { after: number; upTo: number }): Promise<readonly StoreEvent[]> {
    return this.#since(prefix, range);
  }

  async compact(revision: number): Promise<void> {
    const upTo = Math.min(revision, this.#revision);
    if (upTo <= this.#compacted) return;
    this.#transaction(() => {
      // A row goes when a newer one of its key is within the compacted part, or when it is a deletion; never the newest of all, which holds the revision.
      this.#db
        .prepare(
          `DELETE FROM log WHERE revision <= $upTo AND revision < $newest AND (value IS NULL
           OR EXISTS (SELECT 1 FROM log n WHERE n.key = log.key AND n.revision > log.revision AND n.revision <= $upTo))`,
        )
        .run({ upTo, newest: this.#revision });
      this.#db.prepare("UPDATE meta SET value = ? WHERE name = 'compacted'").run(upTo);
    });
    this.#compacted = upTo;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#flush();
    this.#closed = true;
    this.#hub.close();
    this.#db.close();
  }

  /** Everything that is waiting becomes one transaction. */
  #flush(): void {
    const batch = this.#pending;
    this.#pending = [];
    if (batch.length === 0) return;
    const results: CommitResult[] = [];
    const events: StoreEvent[] = [];
    const before = this.#revision;
    try {
      this.#transaction(() => {
        for (const { request } of batch) results.push(this.#apply(request, events));
      });
    } catch (error) {
      this.#revision = before;
      for (const { reject } of batch)
        reject(new Error(`Cannot commit to the store: ${messageOf(error)}`, { cause: error }));
      return;
    }
    this.#hub.publish(events);
    batch.forEach(({ resolve }, i) => {
      resolve(results[i] as CommitResult);
    });
  }

  #apply({ key, value, expectedRevision }: CommitRequest, events: StoreEvent[]): CommitResult {
    const previous = this.#current(key);
    if ((previous?.modRevision ?? 0) !== expectedRevision || (value === undefined && !previous))
      return { ok: false, current: previous };
    const revision = ++this.#revision;
    const createRevision = previous?.createRevision ?? revision;
    this.#sql.append.run(revision, key, value ?? null, createRevision, previous?.modRevision ?? 0);
    if (value) this.#sql.point.run(key, revision);
    else this.#sql.unpoint.run(key);
    const object = value && { key, value, createRevision, modRevision: revision };
    events.push({ type: object ? 'put' : 'delete', key, revision, object, previous });
    return { ok: true, revision };
  }

  #current(key: string): StoredObject | undefined {
    const row = this.#sql.current.get(key) as unknown as LogRow | undefined;
    return row && objectOf(row);
  }

  #since(prefix: string, { after, upTo }: { after: number; upTo: number }): StoreEvent[] {
    if (after < this.#compacted) throw new CompactedError(this.#compacted);
    const rows = this.#sql.since.all(after, upTo, prefix, endOf(prefix)) as unknown as LogRow[];
    return rows.map((row) => {
      const earlier = this.#sql.row.get(row.previous_revision) as unknown as LogRow | undefined;
      return {
        type: row.value ? 'put' : 'delete',
        key: row.key,
        revision: row.revision,
        object: row.value ? objectOf(row) : undefined,
        previous: earlier && objectOf(earlier),
      };
    });
  }

  /** IMMEDIATE: another process with the file open shows at once, not in the middle. */
  #transaction(work: () => void): void {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.#db.exec('COMMIT');
    } catch (error) {
      // SQLite rolls back by itself on a full disk or an I/O error; a second ROLLBACK would then hide the cause.
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }
}

function objectOf(row: LogRow): StoredObject {
  return {
    key: row.key,
    value: row.value ?? new Uint8Array(),
    createRevision: row.create_revision,
    modRevision: row.revision,
  };
}

/** The first string behind all that start with `prefix`. */
function endOf(prefix: string): string {
  return `${prefix}\u{10ffff}`;
}
