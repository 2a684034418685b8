import { closeSync, fdatasync, openSync } from 'node:fs';

/** Makes what was written to an open file survive power loss. */
export type SyncFile = (descriptor: number) => Promise<void>;

/** Runs on another thread: the event loop continues while the disk writes. */
export const syncFile: SyncFile = (descriptor) =>
  new Promise((resolve, reject) => {
    fdatasync(descriptor, (error) => (error ? reject(error) : resolve()));
  });

/**
 * The two files of an open SQLite database in WAL mode, to sync them without SQLite. They stay the same files as long as the
 * database is open. To be closed after it: closing any descriptor of a file gives up all locks that a process has on it.
 */
export class SqliteFiles {
  readonly #database: number;
  readonly #log: number;
  readonly #sync: SyncFile;

  constructor(path: string, sync: SyncFile) {
    this.#sync = sync;
    this.#database = openSync(path, 'r+');
    this.#log = openSync(`${path}-wal`, 'r+');
  }

  /** Syncs committed transactions. */
  async syncLog(): Promise<void> {
    await this.#sync(this.#log);
  }

  /** Syncs what a checkpoint has moved. */
  async syncDatabase(): Promise<void> {
    await this.#sync(this.#database);
  }

  close(): void {
    closeSync(this.#database);
    closeSync(this.#log);
  }
}
