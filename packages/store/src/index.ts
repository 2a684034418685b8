export { MemoryStore } from './memory-store.ts';
export { SqliteStore } from './sqlite-store.ts';
export {
  type CommitRequest,
  type CommitResult,
  CompactedError,
  type Store,
  type StoredObject,
  type StoreEvent,
  type WatchBatch,
} from './store.ts';
