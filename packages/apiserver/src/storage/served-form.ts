import type { ApiObject } from '@typernetes/machinery';
import type { CachedObject, Encoding } from '../cache/cached-object.ts';
import type { ServedResource } from '../registry/served-resource.ts';

/**
 * How cached objects look in the version that is served: themselves, unless two versions share their objects. Converted
 * ones are made once per object.
 */
export interface ServedForm {
  readonly served: ServedResource;
  readonly stored: Encoding;
  /** Whether objects are stored as they are served. */
  readonly isStored: boolean;
  /** The object as served; both its parsed form and its bytes are shared. */
  of(cached: CachedObject): CachedObject;
  /** Set only if somebody else converts: must be awaited before `of` is called with an object for the first time. */
  ready?(objects: readonly CachedObject[]): Promise<void>;
  /** Whether `of` may be called with the object already. There when `ready` is. */
  isReady?(object: CachedObject): boolean;
  /**
   * Reduces a served object to what its bytes contain: in place, before it is compared with the stored one. Undefined
   * if they contain everything.
   */
  readonly settle?: ((object: ApiObject) => void) | undefined;
  /** A served object that is not stored, with its members as they would be. Undefined where they stay as they are. */
  readonly inOrder?: ((object: ApiObject) => ApiObject) | undefined;
  /** The bytes to commit for a served object. */
  encode(object: ApiObject): Buffer | Promise<Buffer>;
}
