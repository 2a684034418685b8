export { MemoryStore } from './memory-store.ts';
export { type RestoreOptions, restoreSnapshot, type SnapshotStatus, snapshotStatus } from './sqlite-snapshot.ts';
export { SqliteStore } from './sqlite-store.ts';
export {
  type CommitRequest,
  type CommitResult,
  CompactedError,
  type ListOptions,
  type Store,
  type StoredObject,
  StoreError,
  type StoreEvent,
  type WatchBatch,
} from './store.ts';
