import { type ApiObject, apiVersionOf } from '@typernetes/machinery';
import { CachedObject, encodeStored, encodingOf } from '../cache/cached-object.ts';
import type { ServedResource } from '../registry/served-resource.ts';
import type { ServedForm } from '../storage/served-form.ts';
import type { Convert, CustomVersions } from './conversion.ts';

/** How stored custom resources look in one of their versions. What was written under the current schema costs nothing. */
export function customForm(served: ServedResource, versions: CustomVersions): ServedForm {
  const { kind } = served.type;
  const own = encodingOf({ apiVersion: apiVersionOf(served.type), kind });
  const others = versions.all.map((apiVersion) => encodingOf({ apiVersion, kind }));
  const stored = { ...encodingOf({ apiVersion: versions.stored, kind }), others };
  const { convert } = versions;
  const known = new WeakMap<CachedObject, CachedObject>();
  const asIs = (cached: CachedObject): boolean =>
    cached.apiVersion === own.apiVersion && cached.revision > versions.since;
  const keep = (cached: CachedObject, object: ApiObject): CachedObject => {
    const reread = served.shape?.reread(object) ?? false;
    const same = cached.apiVersion === own.apiVersion && !reread;
    const form = same ? cached : CachedObject.of(own, encodeStored(own, object), cached.revision);
    known.set(cached, form);
    return form;
  };
  return {
    served,
    stored,
    isStored: false,
    of: (cached) => {
      if (asIs(cached)) return cached;
      const form = known.get(cached);
      if (form) return form;
      if (convert && cached.apiVersion !== own.apiVersion)
        throw new Error('Cannot show an object before it is converted');
      return keep(cached, cached.copy());
    },
    ...(convert
      ? {
          isReady: (cached) => cached.apiVersion === own.apiVersion || known.has(cached),
          ready: async (list: readonly CachedObject[]) => {
            const pending = list.filter((cached) => cached.apiVersion !== own.apiVersion && !known.has(cached));
            const converted = await convertMixed(pending, own.apiVersion, convert);
            pending.forEach((cached, i) => {
              keep(cached, converted[i] as ApiObject);
            });
          },
        }
      : {}),
    encode: (object) => {
      if (!convert || own.apiVersion === stored.apiVersion) return encodeStored(stored, object);
      return convert([object], stored.apiVersion).then(([converted]) => encodeStored(stored, converted as ApiObject));
    },
  };
}

/** One call for all objects, whatever versions they are in. */
async function convertMixed(
  pending: readonly CachedObject[],
  apiVersion: string,
  convert: Convert,
): Promise<ApiObject[]> {
  return pending.length === 0
    ? []
    : await convert(
        pending.map((cached) => cached.copy()),
        apiVersion,
      );
}
