import { apiVersionOf } from '@typernetes/machinery';
import { CachedObject, encodeStored, encodingOf } from '../cache/cached-object.ts';
import type { ServedResource } from '../registry/served-resource.ts';
import { customForm } from './custom-form.ts';
import type { ServedForm } from './served-form.ts';
import { unsetFieldsOf } from './unset-fields.ts';

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
