/** One stored object: its key, its bytes as committed, and the revisions at which it was created and last written. */
export interface StoredObject {
  readonly key: string;
  readonly value: Uint8Array;
  readonly createRevision: number;
  readonly modRevision: number;
  /** Why `value` could not be read (decrypted). Only set with `markUnreadable`, and in `previous` of an event. */
  readonly unreadable?: Error;
}

/** One change. A delete carries the value and modRevision that were deleted in `previous`. */
export interface StoreEvent {
  readonly type: 'put' | 'delete';
  readonly key: string;
  readonly revision: number;
  /** The object after a put. */
  readonly object?: StoredObject;
  readonly previous?: StoredObject;
}

/** One step of a watch: with it, all events up to and including `revision` have been delivered. It may have no events. */
export interface WatchBatch {
  readonly revision: number;
  readonly events: readonly StoreEvent[];
}

export interface CommitRequest {
  readonly key: string;
  /** The new bytes; undefined deletes the key. */
  readonly value: Uint8Array | undefined;
  /** The key's current modRevision; 0: the key must not exist. Always checked: there are no unconditional writes. */
  readonly expectedRevision: number;
}

export type CommitResult =
  | { readonly ok: true; readonly revision: number }
  /** Nothing was written; `current` is the stored object. */
  | { readonly ok: false; readonly current: StoredObject | undefined };

export interface ListOptions {
  readonly revision?: number | undefined;
  readonly limit?: number | undefined;
  readonly after?: string | undefined;
  /** Return objects whose values cannot be read, with `unreadable` set; otherwise they are an error. */
  readonly markUnreadable?: boolean;
}

/** The storage has failed, or cannot be reached. API clients get the message as it is. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
}

/** The requested revision was compacted. `oldest` is the oldest that is still available. */
export class CompactedError extends Error {
  override readonly name = 'CompactedError';
  readonly oldest: number;
  constructor(oldest: number) {
    super(`Cannot read a compacted revision: the oldest is ${oldest}`);
    this.oldest = oldest;
  }
}

/**
 * Revisioned storage of objects as bytes. Revisions are positive, grow with every commit and are unique across keys. They grow by one as
 * long as no other program writes to the storage; several servers may share one.
 *
 * - `currentRevision`, and reads without a revision, see every commit that was acknowledged before, by any server.
 * - `commit` resolves only once the write survives `kill -9` and power loss; before that no reader and no watcher sees it.
 * - Every watcher sees commits in revision order, without gaps or repeats, also across failures of the storage.
 * - When a commit resolves, the watchers of this store object have got its event, unless they have lost the connection to the storage.
 * - Failures of the storage are StoreErrors.
 * - A commit that rejects may still have been made when the storage is reached over a network.
 * - `watch(from)` delivers every event with a revision greater than `from`. It throws CompactedError when it cannot: the history was
 *   compacted, or the storage was restored from older data, so that events that were delivered are undone.
 * - Values passed in or returned belong to the store: never change them.
 */
export interface Store {
  /** The revision of the newest commit; without a promise where it is known, since every read starts with it. */
  currentRevision(): number | Promise<number>;
  get(key: string): Promise<StoredObject | undefined>;
  /** Objects whose keys start with `prefix`, in key order, as of `revision` (default: now), at most `limit`, keys greater than `after`. */
  list(prefix: string, options?: ListOptions): Promise<{ revision: number; objects: StoredObject[]; more: boolean }>;
  commit(request: CommitRequest): Promise<CommitResult>;
  watch(prefix: string, from: number, signal: AbortSignal): AsyncIterable<WatchBatch>;
  /** The events with `after < revision <= upTo`, oldest first: what a watch would have delivered. Throws CompactedError. */
  history(prefix: string, range: { after: number; upTo: number }): Promise<readonly StoreEvent[]>;
  /** Forgets history before `revision`: older watches and lists fail with CompactedError. */
  compact(revision: number): Promise<void>;
  /** Whether the value of `key` is stored in an outdated form (an old encryption key), so that writing it unchanged is worthwhile. */
  isStale?(key: string): Promise<boolean>;
  /** The size of the storage in bytes. */
  sizeBytes?(): Promise<number>;
  /** Writes a consistent copy into a new file while the store is in use. Only stores that are a file have it. */
  snapshot?(file: string): Promise<void>;
  /**
   * To be called before shutting down: from now on calls that take longer than `mostMs`, including those under way, reject. Only stores
   * that are reached over a network, and may be unreachable, have it.
   */
  hurry?(mostMs: number): void;
  close(): Promise<void>;
}
