/** One stored object: its key, its bytes as committed, and the revisions at which it was created and last written. */
export interface StoredObject {
  readonly key: string;
  readonly value: Uint8Array;
  readonly createRevision: number;
  readonly modRevision: number;
  /** Why `value` is not what was written: only where it was asked for, or in what a change has replaced. */
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

/** A step of a watch: every event up to and including `revision` has been delivered with it. It may bring no event at all. */
export interface WatchBatch {
  readonly revision: number;
  readonly events: readonly StoreEvent[];
}

export interface CommitRequest {
  readonly key: string;
  /** The new bytes; undefined deletes the key. */
  readonly value: Uint8Array | undefined;
  /** The key's current modRevision; 0: the key must not exist. Always checked: there is no blind write. */
  readonly expectedRevision: number;
}

export type CommitResult =
  | { readonly ok: true; readonly revision: number }
  /** Nothing was written; `current` is what is there. */
  | { readonly ok: false; readonly current: StoredObject | undefined };

export interface ListOptions {
  readonly revision?: number | undefined;
  readonly limit?: number | undefined;
  readonly after?: string | undefined;
  /** Objects whose values cannot be read are marked as such; without it they are an error. */
  readonly markUnreadable?: boolean;
}

/** The revision asked for was compacted away. `oldest` is the oldest that can still be asked for. */
export class CompactedError extends Error {
  override readonly name = 'CompactedError';
  readonly oldest: number;
  constructor(oldest: number) {
    super(`Cannot read a compacted revision: the oldest is ${oldest}`);
    this.oldest = oldest;
  }
}

/**
 * Revisioned storage of objects as bytes. Revisions are positive, grow with every commit and are unique across keys. Where
 * nobody else writes they grow by one; several servers may share a store, and then the others' commits count as well.
 *
 * - `currentRevision` and what reads without a revision see every commit that was acknowledged before, whoever made it.
 * - `commit` resolves only once the write survives `kill -9` and power loss; before that no reader and no watcher sees it.
 * - Commits are seen by every watcher in revision order, without gaps or repeats, also across failures of the storage behind.
 * - A commit that resolves was shown to the watchers of this very store, unless they have lost touch with the storage.
 * - A commit that rejects may have happened all the same where the storage is reached over a network.
 * - `watch(from)` delivers every event with a revision greater than `from`; it throws CompactedError when that cannot be kept, also because somebody
 *   has given the storage older data: what was seen of it has not happened then.
 * - Values handed in or out belong to the store: never write into them.
 */
export interface Store {
  /** The revision of the newest commit; at once where nobody need be asked: every read begins with it. */
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
  /** Whether the value under `key` would be kept in another form if it were written now: a write that changes nothing is worth making. */
  isStale?(key: string): Promise<boolean>;
  /** How much room it takes where it is kept, in bytes. */
  sizeBytes?(): Promise<number>;
  /** Writes everything, as of one moment, into a new file, while the store is used on. There where the store is a file itself. */
  snapshot?(file: string): Promise<void>;
  /**
   * Its user is about to end: from now on no call takes longer than `mostMs`, those under way included. What takes longer rejects. There
   * where the storage is reached over a network, and may be away.
   */
  hurry?(mostMs: number): void;
  close(): Promise<void>;
}
