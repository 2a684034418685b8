/**
 * `log` holds every write once, by revision; `current` points from a key to its newest row and has none for deleted keys.
 * The newest row of all is never removed, so the revision survives compaction. The lock comes first: with it SQLite needs no
 * shared memory file beside the log, for which a full disk has no room. The store itself syncs the log after each transaction and says when
 * it is moved to the database; SQLite syncs its head before it is written anew.
 */
export const schema = `
  PRAGMA locking_mode = EXCLUSIVE;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA wal_autocheckpoint = 0;
  CREATE TABLE IF NOT EXISTS log (
    revision          INTEGER PRIMARY KEY,
    key               TEXT NOT NULL,
    value             BLOB,
    create_revision   INTEGER NOT NULL,
    previous_revision INTEGER NOT NULL
  );
  CREATE INDEX IF NOT EXISTS log_by_key ON log (key, revision);
  CREATE TABLE IF NOT EXISTS current (key TEXT PRIMARY KEY, revision INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
  INSERT OR IGNORE INTO meta VALUES ('compacted', 0);
`;
