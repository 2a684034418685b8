import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { messageOf } from '@typernetes/base';
import { SqliteFiles, type SyncFile, syncFile } from './sqlite-files.ts';
import { schema } from './sqlite-schema.ts';
import { copyDatabase } from './sqlite-snapshot.ts';
import {
  type CommitRequest,
  type CommitResult,
  CompactedError,
  type Store,
  type StoredObject,
  StoreError,
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

/** The result of one transaction; it becomes visible only when all of it is durable. */
interface Batch {
  revision: number;
  compacted: number;
  readonly events: StoreEvent[];
}

/** One write that waits for its transaction. */
interface Pending<T = unknown> {
  /** Runs within the transaction. Returns the writer's result once it is durable. */
  write(batch: Batch): T;
  readonly resolve: (result: T) => void;
  readonly reject: (error: unknown) => void;
}

/** Pages (of 4 KiB) that the WAL may grow by before they are moved to the database: moving so many takes some milliseconds. */
const checkpointPages = 2000;

/** Revisions compacted in one transaction, and pages returned to the file system at once. */
const compactionStep = 500;
const vacuumStep = 250;

/** Free pages that are kept for the next writes. */
const keptFreePages = 1000;

/**
 * The embedded default: one SQLite file in WAL mode.
 *
 * Waiting commits share one transaction, hence one sync of the disk: throughput under load grows with the number of
 * writers, while a single writer waits for nobody. SQLite itself writes and does not sync (`synchronous=NORMAL`); the
 * log is synced on a libuv thread, so that the event loop serves others meanwhile, and until then the transaction is
 * invisible: reads wait, watchers and writers are notified afterwards. When the transaction fails (a full disk), all
 * its commits are rejected, nobody has seen any of them, and the next transaction starts from the durable state. When
 * the sync fails, nobody knows what is on disk: the store then refuses everything until it is reopened.
 */
export class SqliteStore implements Store {
  #db: DatabaseSync;
  #hub = new WatchHub();
  #pending: Pending[] = [];
  /** The newest durable revision. */
  #revision: number;
  #compacted: number;
  #files: SqliteFiles | undefined;
  /** From the end of a transaction until it is durable. */
  #syncing: Promise<void> | undefined;
  #writing: Promise<void> | undefined;
  #loggedPages = 0;
  #failure: Error | undefined;
  #closed = false;
  #sql: Record<
    'current' | 'append' | 'point' | 'unpoint' | 'row' | 'listNow' | 'listAt' | 'since' | 'begin' | 'end',
    StatementSync
  >;

  /**
   * Opens or creates the file; `:memory:` is allowed. Throws when it is not a database or its folder cannot be created.
   * `sync` replaces the disk in tests.
   */
  constructor(path: string, { sync = syncFile }: { sync?: SyncFile } = {}) {
    if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const isNew = path === ':memory:' || !statSync(path, { throwIfNoEntry: false })?.size;
    this.#db = new DatabaseSync(path);
    // Only takes effect on an empty database.
    if (isNew) this.#db.exec('PRAGMA auto_vacuum = INCREMENTAL');
    this.#db.exec(schema);
    if (path !== ':memory:') this.#files = new SqliteFiles(path, sync);
    this.#sql = {
      begin: this.#db.prepare('BEGIN IMMEDIATE'),
      end: this.#db.prepare('COMMIT'),
      // No join: SQLite 3.54 takes 3 µs longer for each.
      current: this.#db.prepare('SELECT * FROM log WHERE revision = (SELECT revision FROM current WHERE key = ?)'),
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

  currentRevision(): number {
    return this.#revision;
  }

  async get(key: string): Promise<StoredObject | undefined> {
    await this.#untilDurable();
    return this.#current(key);
  }

  async list(
    prefix: string,
    options: { revision?: number; limit?: number; after?: string } = {},
  ): Promise<{ revision: number; objects: StoredObject[]; more: boolean }> {
    await this.#untilDurable();
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
    return this.#enqueue((batch) => this.#apply(request, batch));
  }

  async *watch(prefix: string, from: number, signal: AbortSignal): AsyncIterable<WatchBatch> {
    yield* this.#hub.watch(prefix, () => this.#since(prefix, { after: from, upTo: this.#revision }), signal);
  }

  async history(prefix: string, range: { after: number; upTo: number }): Promise<readonly StoreEvent[]> {
    return this.#since(prefix, range);
  }

  /** In steps, each a compaction of its own, between which others write and read. */
  async compact(revision: number): Promise<void> {
    while (this.#compacted < Math.min(revision, this.#revision)) {
      const step = Math.min(revision, this.#revision, this.#compacted + compactionStep);
      await this.#enqueue((batch) => this.#compactTo(step, batch));
    }
    while (await this.#enqueue(() => this.#vacuum()));
  }

  snapshot(file: string): Promise<void> {
    return copyDatabase(this.#db, file);
  }

  /** The size of the database including free pages, plus that of the log. */
  async sizeBytes(): Promise<number> {
    const { page_count: pages } = this.#db.prepare('PRAGMA page_count').get() as { page_count: number };
    const { page_size: bytes } = this.#db.prepare('PRAGMA page_size').get() as { page_size: number };
    return pages * bytes;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#writing;
    this.#hub.close();
    this.#db.close();
    this.#files?.close();
  }

  #enqueue<T>(write: (batch: Batch) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(new StoreError('Cannot commit to the store: it is closed'));
      this.#pending.push({ write, resolve, reject } as Pending);
      this.#writing ??= this.#writeAll();
    });
  }

  async #writeAll(): Promise<void> {
    while (this.#pending.length > 0) {
      // Include commits that have arrived already.
      await new Promise((resolve) => setImmediate(resolve));
      await this.#writeBatch();
    }
    this.#writing = undefined;
  }

  /** Writes everything that is waiting in one transaction. */
  async #writeBatch(): Promise<void> {
    const writes = this.#pending;
    this.#pending = [];
    const batch: Batch = { revision: this.#revision, compacted: this.#compacted, events: [] };
    const results: unknown[] = [];
    try {
      if (this.#failure) throw this.#failure;
      this.#transaction(() => {
        for (const { write } of writes) results.push(write(batch));
      });
      // Rows are deleted from here on, durable or not.
      this.#compacted = batch.compacted;
      this.#syncing = this.#makeDurable(batch);
      await this.#syncing;
    } catch (error) {
      for (const { reject } of writes)
        reject(new StoreError(`Cannot commit to the store: ${messageOf(error)}`, { cause: error }));
      return;
    }
    writes.forEach(({ resolve }, i) => {
      resolve(results[i]);
    });
  }

  async #makeDurable({ revision, events }: Batch): Promise<void> {
    try {
      await this.#files?.syncLog();
      if (this.#files && this.#loggedPages > checkpointPages) await this.#checkpoint(this.#files);
    } catch (error) {
      this.#failure = new Error(`the disk failed: ${messageOf(error)}`, { cause: error });
      throw this.#failure;
    }
    this.#syncing = undefined;
    this.#revision = revision;
    this.#hub.publish(events);
  }

  /**
   * Moves the log, which is durable here, into the database; the log may only be overwritten when that is durable too.
   */
  async #checkpoint(files: SqliteFiles): Promise<void> {
    this.#loggedPages = 0;
    this.#db.exec('PRAGMA synchronous = OFF');
    try {
      this.#db.exec('PRAGMA wal_checkpoint(PASSIVE)');
    } catch {
      // No room in the database, as when SQLite does this by itself: the log keeps everything and grows, until it is itself what has no room.
    } finally {
      this.#db.exec('PRAGMA synchronous = NORMAL');
    }
    await files.syncDatabase();
  }

  async #untilDurable(): Promise<void> {
    while (this.#syncing && !this.#failure) await this.#syncing.catch(() => undefined);
    if (this.#failure)
      throw new StoreError(`Cannot read from the store: ${this.#failure.message}`, { cause: this.#failure });
  }

  #apply({ key, value, expectedRevision }: CommitRequest, batch: Batch): CommitResult {
    const previous = this.#current(key);
    if ((previous?.modRevision ?? 0) !== expectedRevision || (value === undefined && !previous))
      return { ok: false, current: previous };
    const revision = ++batch.revision;
    const createRevision = previous?.createRevision ?? revision;
    this.#sql.append.run(revision, key, value ?? null, createRevision, previous?.modRevision ?? 0);
    if (value) this.#sql.point.run(key, revision);
    else this.#sql.unpoint.run(key);
    this.#loggedPages += 2 + Math.ceil((value?.length ?? 0) / 4096);
    const object = value && { key, value, createRevision, modRevision: revision };
    batch.events.push({ type: object ? 'put' : 'delete', key, revision, object, previous });
    return { ok: true, revision };
  }

  /**
   * Deletes a row if a newer one of its key is within the compacted part, or if it is a deletion; never the newest of
   * all, which holds the revision.
   */
  #compactTo(upTo: number, batch: Batch): void {
    // From the last compaction on, inclusive: its newest row was kept then.
    const range = { from: batch.compacted, upTo };
    this.#db
      .prepare(
        'DELETE FROM log WHERE revision IN (SELECT previous_revision FROM log WHERE revision >= $from AND revision <= $upTo)',
      )
      .run(range);
    this.#db
      .prepare('DELETE FROM log WHERE revision >= $from AND revision <= $upTo AND revision < $newest AND value IS NULL')
      .run({ ...range, newest: batch.revision });
    this.#db.prepare("UPDATE meta SET value = ? WHERE name = 'compacted'").run(upTo);
    this.#loggedPages += compactionStep;
    batch.compacted = upTo;
  }

  /** Gives some free pages at the end of the file back to the file system; whether there are more. */
  #vacuum(): boolean {
    const { freelist_count: free } = this.#db.prepare('PRAGMA freelist_count').get() as { freelist_count: number };
    const pages = Math.min(vacuumStep, free - keptFreePages);
    if (pages <= 0) return false;
    this.#db.exec(`PRAGMA incremental_vacuum(${pages})`);
    this.#loggedPages += pages;
    return (this.#db.prepare('PRAGMA freelist_count').get() as { freelist_count: number }).freelist_count < free;
  }

  #current(key: string): StoredObject | undefined {
    const row = this.#sql.current.get(key) as unknown as LogRow | undefined;
    return row && objectOf(row);
  }

  #since(prefix: string, { after, upTo }: { after: number; upTo: number }): StoreEvent[] {
    if (after < this.#compacted) throw new CompactedError(this.#compacted);
    const rows = this.#sql.since.all(
      after,
      Math.min(upTo, this.#revision),
      prefix,
      endOf(prefix),
    ) as unknown as LogRow[];
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
    this.#sql.begin.run();
    try {
      work();
      this.#sql.end.run();
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
