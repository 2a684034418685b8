import type { CachedObject } from './cached-object.ts';

/** One change of one object. It is encoded once per format, and all watchers share the bytes. */
export interface CacheEvent {
  readonly revision: number;
  /** `namespace/name`, or `name`. */
  readonly key: string;
  /** The new state; for a deletion undefined. */
  readonly current: CachedObject | undefined;
  readonly previous: CachedObject | undefined;
  readonly encodings: Map<string, Uint8Array>;
}
