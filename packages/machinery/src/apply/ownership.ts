import type { Comparison } from './compare.ts';
import { differenceFields, type Fields, fieldsOfPaths, intersectFields, isEmptySet, unionFields } from './fields.ts';
import type { Manager, Managers } from './managers.ts';

/** What nobody owns: the server alone sets it, or it says which object is meant. */
export const untrackedFields: Fields = fieldsOfPaths([
  'apiVersion',
  'kind',
  'metadata.name',
  'metadata.namespace',
  'metadata.creationTimestamp',
  'metadata.selfLink',
  'metadata.uid',
  'metadata.clusterName',
  'metadata.generation',
  'metadata.managedFields',
  'metadata.resourceVersion',
]);

export interface OwnershipConflict {
  readonly manager: Manager;
  readonly fields: Fields;
}

/** Who else owns fields that this change touches. */
export function conflictsOf(managers: Managers, writer: string, { added, modified }: Comparison): OwnershipConflict[] {
  const changed = unionFields(added, modified);
  if (isEmptySet(changed)) return [];
  return [...managers]
    .filter(([id]) => id !== writer)
    .map(([, manager]) => ({ manager, fields: intersectFields(manager.fields, changed) }))
    .filter(({ fields }) => !isEmptySet(fields));
}

/** The others' ownership after the change: what was changed or removed is theirs no more. */
export function othersAfter(managers: Managers, writer: string, change: Comparison): Map<string, Manager> {
  const gone = unionFields(unionFields(change.added, change.modified), change.removed);
  const after = new Map<string, Manager>();
  for (const [id, manager] of managers) {
    const fields = id === writer || isEmptySet(gone) ? manager.fields : differenceFields(manager.fields, gone);
    if (!isEmptySet(fields)) after.set(id, fields === manager.fields ? manager : { ...manager, fields });
  }
  return after;
}
