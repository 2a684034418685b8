import type { Informer } from '@typernetes/client';
import { type ApiObject, controllerOf } from '@typernetes/machinery';

/** Objects by the uid of their controller. */
export const byController = 'controller-uid';
/** Objects that no controller owns, by namespace. */
export const orphans = 'orphans';

/** Adds the indexes by which controllers find the objects they own or might adopt. */
export function addOwnershipIndexes<T extends ApiObject>(informer: Informer<T>): void {
  informer.addIndex(byController, (object) => {
    const owner = controllerOf(object);
    return owner ? [owner.uid] : [];
  });
  informer.addIndex(orphans, (object) => (controllerOf(object) ? [] : [object.metadata.namespace ?? '']));
}
