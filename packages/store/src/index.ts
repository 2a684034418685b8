export {
  type CommitRequest,
  type CommitResult,
  CompactedError,
  type Store,
  type StoredObject,
  type StoreEvent,
} from './store.ts';
