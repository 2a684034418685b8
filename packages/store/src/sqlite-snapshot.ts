import { createHash, randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { messageOf } from '@typernetes/base';

/** How many pages are copied at once: commits wait for no more than that. */
const pagesAtOnce = 500;

/**
 * Copies an open database into a new file, at one point in time, while it remains in use. The copy is complete: it
 * needs no log beside it.
 */
export async function copyDatabase(db: DatabaseSync, file: string): Promise<void> {
  closeSync(openSync(file, 'wx', 0o600));
  // Node has it since 22.16: an import by name would keep older ones from loading the store at all.
  const { backup } = (await import('node:sqlite')) as Partial<typeof import('node:sqlite')>;
  if (!backup) throw new Error(`Cannot take a snapshot with Node ${process.version}: it needs 22.16 or newer`);
  await untilBegun(() => backup(db, file, { rate: pagesAtOnce }));
  const copy = new DatabaseSync(file);
  try {
    copy.exec('PRAGMA journal_mode = DELETE');
  } finally {
    copy.close();
  }
}

/**
 * Repeats a backup that meets a write under way at its first step. SQLite answers that step with SQLITE_LOCKED, which
 * Node retries at all later steps but reports as error 0, "not an error", at the first one.
 */
async function untilBegun(copy: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await copy();
      return;
    } catch (error) {
      if ((error as { errcode?: unknown }).errcode !== 0) throw error;
    }
  }
}

/** Facts about a snapshot. */
export interface SnapshotStatus {
  /** That of the newest write. */
  readonly revision: number;
  /** Objects that were there. */
  readonly keys: number;
  readonly bytes: number;
  /** The beginning of the file's SHA-256, in hexadecimal. */
  readonly hash: string;
}

/** Throws when the file is not a snapshot, or damaged. */
export function snapshotStatus(file: string): SnapshotStatus {
  const bytes = readFileSync(file);
  const { revision, keys } = inspect(file, (db) => ({
    revision: newestRevision(db),
    keys: (db.prepare('SELECT count(*) AS keys FROM current').get() as { keys: number }).keys,
  }));
  return { revision, keys, bytes: bytes.length, hash: createHash('sha256').update(bytes).digest('hex').slice(0, 8) };
}

export interface RestoreOptions {
  /** The store's file for the API server. It must not exist. */
  readonly path: string;
  /**
   * By how much the revision rises: by more than all writes since the snapshot, or clients would believe that nothing
   * has changed.
   */
  readonly bumpRevision: number;
}

/**
 * Makes a store from a snapshot and returns its revision. Everything before that counts as compacted: clients that have
 * seen later changes cannot continue from there, and list again.
 */
export function restoreSnapshot(file: string, { path, bumpRevision }: RestoreOptions): number {
  for (const present of [path, `${path}-wal`])
    if (existsSync(present)) throw new Error(`Cannot restore to "${path}": "${present}" exists`);
  snapshotStatus(file);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomUUID()}`;
  try {
    copyFileSync(file, draft, constants.COPYFILE_EXCL);
    const db = new DatabaseSync(draft);
    let revision: number;
    try {
      revision = newestRevision(db) + bumpRevision;
      db.exec('PRAGMA synchronous = FULL; BEGIN IMMEDIATE');
      db.exec('DELETE FROM log WHERE revision NOT IN (SELECT revision FROM current)');
      // The newest row of all holds the revision; a deletion of nothing changes nothing else.
      db.prepare('INSERT INTO log VALUES (?, ?, NULL, 0, 0)').run(revision, '/typernetes/restored');
      db.prepare("UPDATE meta SET value = ? WHERE name = 'compacted'").run(revision);
      db.exec('COMMIT');
    } finally {
      db.close();
    }
    sync(draft);
    renameSync(draft, path);
    sync(dirname(path));
    return revision;
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

function inspect<T>(file: string, look: (db: DatabaseSync) => T): T {
  try {
    const db = new DatabaseSync(file, { readOnly: true });
    try {
      const [row] = db.prepare('PRAGMA integrity_check(1)').all();
      const verdict = Object.values(row ?? {})[0];
      if (verdict !== 'ok') throw new Error(String(verdict));
      return look(db);
    } finally {
      db.close();
    }
  } catch (cause) {
    throw new Error(`Cannot read "${file}": not a whole snapshot of a store: ${messageOf(cause)}`, { cause });
  }
}

function newestRevision(db: DatabaseSync): number {
  const { revision } = db.prepare('SELECT max(revision) AS revision FROM log').get() as { revision: number | null };
  return revision ?? 1;
}

function sync(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
