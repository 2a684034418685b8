import type { ApiObject } from '@typernetes/machinery';

/** A resource with a status subresource. */
interface SplitObject extends ApiObject {
  spec?: unknown;
  status?: unknown;
}

/** For writes to the object itself: the status belongs to its controller. */
export function keepStatus(next: ApiObject, current: ApiObject): void {
  restore(next, current, 'status');
}

/** For writes to the status: everything but status and metadata belongs to the author. */
export function keepSpec(next: ApiObject, current: ApiObject): void {
  restore(next, current, 'spec');
}

/** For writes to a status whose door leaves the metadata alone too. */
export function keepSpecAndMeta(next: ApiObject, current: ApiObject): void {
  keepSpec(next, current);
  const { managedFields, resourceVersion } = next.metadata;
  next.metadata = {
    ...current.metadata,
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
  if (managedFields) next.metadata.managedFields = managedFields;
  else delete next.metadata.managedFields;
}

function restore(next: SplitObject, current: SplitObject, part: 'spec' | 'status'): void {
  if (current[part] === undefined) delete next[part];
  else next[part] = current[part];
}
