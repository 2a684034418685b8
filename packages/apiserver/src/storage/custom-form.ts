import { type ApiObject, apiVersionOf } from '@typernetes/machinery';
import { CachedObject, encodeStored, encodingOf } from '../cache/cached-object.ts';
import type { Convert, CustomVersions } from '../registry/custom-versions.ts';
import type { ServedResource } from '../registry/served-resource.ts';
import type { ServedForm } from './served-form.ts';
import { withSortedMembers } from './sorted-members.ts';

/**
 * The form of stored custom resources in one of their versions. Objects written under the current schema cost nothing.
 */
export function customForm(served: ServedResource, versions: CustomVersions): ServedForm {
  const { kind } = served.type;
  const own = encodingOf({ apiVersion: apiVersionOf(served.type), kind });
  const others = versions.all.map((apiVersion) => encodingOf({ apiVersion, kind }));
  const stored = { ...encodingOf({ apiVersion: versions.stored, kind }), others };
  const { convert } = versions;
  const known = new WeakMap<CachedObject, CachedObject>();
  const under = new WeakMap<CachedObject, Promise<void>>();
  const asIs = (cached: CachedObject): boolean =>
    cached.apiVersion === own.apiVersion && cached.revision > versions.since;
  const keep = (cached: CachedObject, object: ApiObject): CachedObject => {
    const reread = served.shape?.reread(object) ?? false;
    const same = cached.apiVersion === own.apiVersion && !reread;
    const form = same ? cached : CachedObject.of(own, encodeStored(own, withSortedMembers(object)), cached.revision);
    known.set(cached, form);
    return form;
  };
  const convertBatch = async (batch: readonly CachedObject[]): Promise<void> => {
    const converted = await (convert as Convert)(
      batch.map((cached) => cached.copy()),
      own.apiVersion,
    );
    batch.forEach((cached, i) => {
      keep(cached, converted[i] as ApiObject);
    });
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
            const missing = list.filter((cached) => cached.apiVersion !== own.apiVersion && !known.has(cached));
            // Wait for calls that others have made for the same objects.
            const asked = new Set(missing.flatMap((cached) => under.get(cached) ?? []));
            for (const batch of batchesOf(missing.filter((cached) => !under.has(cached)))) {
              const conversion = convertBatch(batch);
              for (const cached of batch) under.set(cached, conversion);
              try {
                await conversion;
              } finally {
                for (const cached of batch) under.delete(cached);
              }
            }
            await Promise.all(asked);
          },
        }
      : {}),
    inOrder: withSortedMembers,
    encode: (object) => {
      if (!convert || own.apiVersion === stored.apiVersion) return encodeStored(stored, withSortedMembers(object));
      return convert([object], stored.apiVersion).then(([converted]) =>
        encodeStored(stored, withSortedMembers(converted as ApiObject)),
      );
    },
  };
}

/** A hook has half a minute for a call, and need not take documents of any size. */
const [maxObjects, maxBytes] = [500, 4 * 1024 * 1024];

/** In the order of the objects. */
function* batchesOf(objects: readonly CachedObject[]): Generator<CachedObject[]> {
  let batch: CachedObject[] = [];
  let bytes = 0;
  for (const cached of objects) {
    if (batch.length === maxObjects || (batch.length > 0 && bytes + cached.item.length > maxBytes)) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(cached);
    bytes += cached.item.length;
  }
  if (batch.length > 0) yield batch;
}
