import { messageOf } from '@typernetes/base';
import {
  type ApiObject,
  apiVersionOf,
  applyJsonPatch,
  applyMergePatch,
  applyStrategicMergePatch,
  isJsonObject,
  type JsonObject,
  parseJsonPatch,
} from '@typernetes/machinery';
import { sortedKeys } from '../apply/last-applied.ts';
import type { AnyResource } from '../resources/any-resource.ts';
import { schemaHere } from '../resources/schema-here.ts';

export type AnyPatchType = 'json' | 'merge' | 'strategic';

interface Change {
  readonly type: AnyPatchType;
  readonly patch: unknown;
}

/** What the server would make of a patch, worked out without it, in the words of upstream's libraries where it cannot be. */
export async function patchedHere(of: { type: AnyResource; object: ApiObject }, change: Change): Promise<ApiObject> {
  const patched = await withChange(of, change);
  if (!patched?.kind) throw new Error(`Object 'Kind' is missing in '${JSON.stringify(sortedKeys(patched))}'`);
  return patched;
}

async function withChange(of: { type: AnyResource; object: ApiObject }, change: Change): Promise<ApiObject> {
  const before = of.object as unknown as JsonObject;
  refuseForeignShape(change);
  switch (change.type) {
    case 'json':
      return withSteps(before, change.patch) as ApiObject;
    case 'merge':
      return applyMergePatch(before, change.patch as JsonObject) as unknown as ApiObject;
    case 'strategic': {
      const schema = await schemaHere(of.type);
      if (!schema) {
        const { version, group, kind } = of.type;
        const gvk = `${group === '' ? '/' : ''}${apiVersionOf({ group, version })}, Kind=${kind}`;
        throw new Error(`strategic merge patch is not supported for ${gvk} locally, try --type merge`);
      }
      return applyStrategicMergePatch(before, change.patch as JsonObject, schema) as unknown as ApiObject;
    }
  }
}

function withSteps(before: JsonObject, patch: unknown): unknown {
  try {
    return applyJsonPatch(before, parseJsonPatch(patch));
  } catch (error) {
    // What a server answers with stands around the reason.
    const why = messageOf(error instanceof Error && error.cause ? error.cause : error);
    const [, field] = /doc is missing key: (.*)/s.exec(why) ?? [];
    throw new Error(field === undefined ? why : `Object to be patched is missing field (${field})`);
  }
}

/** Throws for a patch that is not of the shape that its type wants. */
function refuseForeignShape({ type, patch }: Change): void {
  const isList = Array.isArray(patch);
  const isObject = isJsonObject(patch);
  if (type === 'json') {
    if (isList) return;
    const what = isObject ? 'object' : typeof (typeof patch === 'string' ? (JSON.parse(patch) as unknown) : patch);
    throw new Error(`json: cannot unmarshal ${what} into Go value of type jsonpatch.Patch`);
  }
  if (isObject) return;
  if (type === 'strategic') throw new Error('invalid JSON document');
  throw new Error(
    isList ? 'json: cannot unmarshal array into Go value of type unstructured.detector' : 'Invalid JSON Patch',
  );
}
