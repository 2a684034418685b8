import type { Comparison } from './compare.ts';
import {
  differenceFields,
  type Fields,
  fieldsOfPaths,
  intersectFields,
  isEmptySet,
  noFields,
  unionFields,
} from './fields.ts';
import type { Manager, Managers } from './managers.ts';
import type { ChangesElsewhere } from './versions.ts';

/** Fields that nobody can own: set by the server alone, or identifying the object. */
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

/** A change, and who makes it in which version. */
interface Changing {
  /** From `managerId`. */
  readonly writer: string;
  readonly apiVersion: string;
  readonly change: Comparison;
  /** The same change for managers of other versions; without it all use this one. */
  readonly elsewhere?: ChangesElsewhere | undefined;
}

/** The change in a manager's version; undefined if that version no longer exists. */
const changeFor = ({ apiVersion }: Manager, changing: Changing): Comparison | undefined =>
  changing.elsewhere === undefined || apiVersion === changing.apiVersion
    ? changing.change
    : changing.elsewhere.get(apiVersion);

/** The other owners of fields that this change touches. */
export function conflictsOf(managers: Managers, changing: Changing): OwnershipConflict[] {
  if (changing.elsewhere === undefined && isEmptySet(touchedBy(changing.change))) return [];
  return [...managers]
    .filter(([id]) => id !== changing.writer)
    .map(([, manager]) => {
      const change = changeFor(manager, changing);
      return { manager, fields: change ? intersectFields(manager.fields, touchedBy(change)) : noFields };
    })
    .filter(({ fields }) => !isEmptySet(fields));
}

const touchedBy = ({ added, modified }: Comparison): Fields => unionFields(added, modified);

/** The others' fields after the change: without those that were changed or removed. */
export function othersAfter(managers: Managers, changing: Changing): Map<string, Manager> {
  const own = goneBy(changing.change);
  const after = new Map<string, Manager>();
  for (const [id, manager] of managers) {
    if (id === changing.writer) {
      if (!isEmptySet(manager.fields)) after.set(id, manager);
      continue;
    }
    const change = changeFor(manager, changing);
    if (!change) continue;
    const gone = change === changing.change ? own : goneBy(change);
    const fields = isEmptySet(gone) ? manager.fields : differenceFields(manager.fields, gone);
    if (!isEmptySet(fields)) after.set(id, fields === manager.fields ? manager : { ...manager, fields });
  }
  return after;
}

const goneBy = ({ added, modified, removed }: Comparison): Fields => unionFields(unionFields(added, modified), removed);
