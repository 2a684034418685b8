import type { ApiObject, ResourceType } from '@typernetes/machinery';

interface NamespaceLike extends ApiObject {
  spec?: { finalizers?: string[] };
  status?: { phase?: string };
}

const isNamespace = (type: ResourceType<unknown>): boolean => type.group === '' && type.plural === 'namespaces';

/** Whether the object was marked for deletion and nothing in its metadata keeps it: no finalizer, no grace left. */
export function finished(_type: ResourceType<unknown>, { metadata }: ApiObject): boolean {
  return (
    metadata.deletionTimestamp !== undefined &&
    (metadata.finalizers ?? []).length === 0 &&
    (metadata.deletionGracePeriodSeconds ?? 0) === 0
  );
}

/** A namespace also waits for the finalizers of its spec: its content is deleted first. */
export function heldBack(type: ResourceType<unknown>, object: ApiObject): boolean {
  return isNamespace(type) && ((object as NamespaceLike).spec?.finalizers ?? []).length > 0;
}

/** Deletion shows in a namespace's phase. In place. */
export function markDeleting(type: ResourceType<unknown>, object: ApiObject): void {
  if (!isNamespace(type)) return;
  const namespace = object as NamespaceLike;
  namespace.status = { ...namespace.status, phase: 'Terminating' };
}
