import {
  type ApiObject,
  applyJsonPatch,
  applyMergePatch,
  applyStrategicMergePatch,
  badRequest,
  isJsonObject,
  type JsonObject,
  parseJsonPatch,
  type ResourceType,
  type StructSchema,
} from '@typernetes/machinery';

export type PatchKind = 'json' | 'merge' | 'strategic' | 'apply';

export interface PatchRequest {
  readonly patch: unknown;
  /** Undefined for custom resources, which know no strategic merge. */
  readonly schema: StructSchema | undefined;
  readonly type: ResourceType<unknown>;
  readonly fieldManager: string;
  readonly force: boolean;
}

/** Turns the current object into the wanted one; `current` is undefined only for an apply that creates. Never changes it in place. */
export type Patcher = (current: ApiObject | undefined) => unknown;

/** Checks the patch once; what it returns may be applied again and again. */
export function patcherOf(kind: PatchKind, request: PatchRequest): Patcher {
  switch (kind) {
    case 'json': {
      const operations = parseJsonPatch(request.patch);
      return (current) => applyJsonPatch(current, operations);
    }
    case 'merge': {
      const patch = objectPatch(request.patch);
      return (current) => applyMergePatch(current, patch);
    }
    case 'strategic':
    case 'apply': {
      const patch = objectPatch(request.patch);
      const { schema } = request;
      return (current) => {
        if (!current) return patch;
        return schema
          ? applyStrategicMergePatch(current as unknown as JsonObject, patch, schema)
          : applyMergePatch(current, patch);
      };
    }
  }
}

function objectPatch(patch: unknown): JsonObject {
  if (!isJsonObject(patch))
    throw badRequest('error decoding patch: json: cannot unmarshal into Go value of type map[string]interface {}');
  return patch;
}
