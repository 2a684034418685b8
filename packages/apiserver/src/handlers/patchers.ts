import {
  type ApiObject,
  applyJsonPatch,
  applyMergePatch,
  applyStrategicMergePatch,
  type JsonObject,
  parseJsonPatch,
  StatusError,
  type StructSchema,
} from '@typernetes/machinery';

export type PatchKind = 'json' | 'merge' | 'strategic';

interface PatchRequest {
  readonly patch: unknown;
  /** Undefined for custom resources, which know no strategic merge. */
  readonly schema: StructSchema | undefined;
}

/** Computes the wanted object from the current one, never in place. */
export type Patcher = (current: ApiObject) => unknown;

/** Throws for a strategic merge of what has no schema for it. */
export function checkPatchKind(kind: PatchKind, schema: StructSchema | undefined): void {
  if (kind === 'strategic' && !schema)
    throw new StatusError(
      'UnsupportedMediaType',
      'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
    );
}

/** Checks the patch once; what it returns may be applied again and again. */
export function patcherOf(kind: PatchKind, request: PatchRequest): Patcher {
  switch (kind) {
    case 'json': {
      const operations = parseJsonPatch(request.patch);
      return (current) => applyJsonPatch(current, operations);
    }
    case 'merge': {
      const patch = request.patch as JsonObject;
      return (current) => applyMergePatch(current, patch);
    }
    case 'strategic': {
      const patch = request.patch as JsonObject;
      const schema = request.schema as StructSchema;
      return (current) => ofItsKind(current, applyStrategicMergePatch(current as unknown as JsonObject, patch, schema));
    }
  }
}

/**
 * As upstream, the result of a strategic merge patch is converted to the served type, whatever kind and version it
 * names; some clients rely on that, such as Ansible's `k8s_scale`, whose patches of a Scale claim to be a Deployment.
 */
function ofItsKind({ kind, apiVersion }: ApiObject, patched: JsonObject): JsonObject {
  return {
    ...patched,
    ...(typeof patched.kind === 'string' ? { kind } : {}),
    ...(typeof patched.apiVersion === 'string' ? { apiVersion } : {}),
  };
}
