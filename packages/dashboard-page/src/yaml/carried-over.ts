import { type ApiObject, applyMergePatch, createMergePatch, type JsonObject } from '@typernetes/machinery';

/**
 * What was edited, put upon a newer version: fields that the edit changed are as edited, all others as they are now. Lists count as one
 * field (RFC 7396): an edited list takes the place of the newer one.
 */
export function carriedOver({
  base,
  edited,
  current,
}: {
  base: ApiObject;
  edited: ApiObject;
  current: ApiObject;
}): ApiObject {
  const { resourceVersion: _read, managedFields: _managed, ...metadata } = base.metadata;
  const { resourceVersion: _old, managedFields: _none, ...editedMetadata } = edited.metadata;
  const patch = createMergePatch(
    { ...base, metadata } as unknown as JsonObject,
    { ...edited, metadata: editedMetadata } as unknown as JsonObject,
  );
  return applyMergePatch(current as unknown as JsonObject, patch) as unknown as ApiObject;
}
