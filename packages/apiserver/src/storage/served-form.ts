import { type ApiObject, apiVersionOf } from '@typernetes/machinery';
import { CachedObject, type Encoding, encodeStored, encodingOf } from '../cache/cached-object.ts';
import { customForm } from '../custom-resources/custom-form.ts';
import type { ServedResource } from '../registry/served-resource.ts';
import { unsetFieldsOf } from './unset-fields.ts';

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
  /** There only where somebody else converts: must be awaited before `of` is called with an object for the first time. */
  ready?(objects: readonly CachedObject[]): Promise<void>;
  /** Whether `of` may be called with the object already. There when `ready` is. */
  isReady?(object: CachedObject): boolean;
  /** Leaves of a served object what its bytes say: in place, before it is compared with what is stored. Undefined where they say all. */
  readonly settle?: ((object: ApiObject) => void) | undefined;
  /** The bytes to commit for a served object. */
  encode(object: ApiObject): Buffer | Promise<Buffer>;
}

export function servedFormOf(served: ServedResource): ServedForm {
  if (served.storage?.versions) return customForm(served, served.storage.versions);
  const own = encodingOf({ apiVersion: apiVersionOf(served.type), kind: served.type.kind });
  const settle = unsetFieldsOf(served.type);
  const storedAs = served.storage?.storedAs;
  if (!storedAs)
    return {
      served,
      stored: own,
      isStored: true,
      settle,
      of: (cached) => cached,
      encode: (object) => encodeStored(own, object),
    };
  const stored = encodingOf({ apiVersion: apiVersionOf(storedAs.type), kind: storedAs.type.kind });
  const converted = new WeakMap<CachedObject, CachedObject>();
  return {
    served,
    stored,
    isStored: false,
    settle,
    of: (cached) => {
      let form = converted.get(cached);
      if (!form) {
        form = CachedObject.of(own, encodeStored(own, storedAs.fromStored(cached.object)), cached.revision);
        converted.set(cached, form);
      }
      return form;
    },
    encode: (object) => encodeStored(stored, storedAs.toStored(object)),
  };
}
