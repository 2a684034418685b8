import type { ApiObject } from '@typernetes/machinery';

/** Whether the object was marked for deletion and nothing in its metadata keeps it: no finalizer, no grace left. */
export function finished({ metadata }: ApiObject): boolean {
  return (
    metadata.deletionTimestamp !== undefined &&
    (metadata.finalizers ?? []).length === 0 &&
    (metadata.deletionGracePeriodSeconds ?? 0) === 0
  );
}
