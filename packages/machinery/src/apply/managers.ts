import type { ManagedFieldsEntry } from '../meta/v1.gen.ts';
import { equalFields, type Fields, isEmptySet, noFields, orderedFields, unionFields } from './fields.ts';

/** One entry of `managedFields`: the manager, the operation, and the fields. */
export interface Manager {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
  readonly time: string | undefined;
  readonly fields: Fields;
}

/** By identity. An applier stays the same across versions. */
export type Managers = ReadonlyMap<string, Manager>;

export function managerId(of: Pick<Manager, 'manager' | 'operation' | 'apiVersion' | 'subresource'>): string {
  const { manager, operation, subresource } = of;
  const version = operation === 'Apply' ? '' : of.apiVersion;
  // Length prefixes make the parts unambiguous, whatever they contain.
  return `${operation} ${version.length} ${subresource.length} ${version} ${subresource} ${manager}`;
}

export function managersOf(entries: readonly ManagedFieldsEntry[] | undefined): Map<string, Manager> {
  const managers = new Map<string, Manager>();
  for (const entry of entries ?? []) {
    const manager: Manager = {
      manager: entry.manager ?? '',
      operation: entry.operation === 'Apply' ? 'Apply' : 'Update',
      apiVersion: entry.apiVersion ?? '',
      subresource: entry.subresource ?? '',
      time: entry.time,
      fields: (entry.fieldsV1 ?? noFields) as Fields,
    };
    managers.set(managerId(manager), manager);
  }
  return managers;
}

/** Why entries cannot be read, in upstream's words; undefined when they can. */
export function managedFieldsProblem(entries: readonly ManagedFieldsEntry[]): string | undefined {
  for (const [i, { operation, apiVersion, fieldsType }] of entries.entries()) {
    if (operation !== 'Apply' && operation !== 'Update') return 'operation must be `Apply` or `Update`';
    if (!apiVersion) return 'apiVersion must not be empty';
    if (!fieldsType) return `missing fieldsType in managed fields entry ${i}`;
    if (fieldsType !== 'FieldsV1')
      return `invalid fieldsType ${JSON.stringify(fieldsType)} in managed fields entry ${i}`;
  }
  return undefined;
}

/** More updaters than this are merged into one, oldest first. */
const maxUpdaters = 10;
const ancientChanges = 'ancient-changes';

/** Appliers first, then by time and name; undefined if nobody owns anything. */
export function entriesOf(managers: Managers): ManagedFieldsEntry[] | undefined {
  const list = capped([...managers.values()].filter(({ fields }) => !isEmptySet(fields))).sort(inOrder);
  if (list.length === 0) return undefined;
  return list.map(entryOf);
}

export function entryOf({ manager, operation, apiVersion, time, fields, subresource }: Manager): ManagedFieldsEntry {
  const entry: ManagedFieldsEntry = { manager, operation, apiVersion };
  if (time !== undefined) entry.time = time;
  entry.fieldsType = 'FieldsV1';
  entry.fieldsV1 = fields;
  if (subresource !== '') entry.subresource = subresource;
  return entry;
}

function inOrder(a: Manager, b: Manager): number {
  if (a.operation !== b.operation) return a.operation === 'Apply' ? -1 : 1;
  const left = [a.time ?? '', a.manager, a.apiVersion, a.subresource];
  const right = [b.time ?? '', b.manager, b.apiVersion, b.subresource];
  const at = left.findIndex((value, i) => value !== right[i]);
  return at < 0 ? 0 : left[at]! < right[at]! ? -1 : 1;
}

function capped(list: Manager[]): Manager[] {
  if (list.length <= maxUpdaters) return list;
  const updaters = list.filter(({ operation }) => operation === 'Update').sort(inOrder);
  const excess = updaters.length - maxUpdaters;
  if (excess <= 0) return [...list];
  const old = new Set(updaters.slice(0, excess + 1));
  const buckets = new Map<string, Manager>();
  for (const updater of old) {
    const bucket = { ...updater, manager: ancientChanges, subresource: '' };
    const before = buckets.get(managerId(bucket));
    const fields = before ? orderedFields(unionFields(before.fields, updater.fields)) : updater.fields;
    buckets.set(managerId(bucket), { ...bucket, fields });
  }
  return [...list.filter((manager) => !old.has(manager)), ...buckets.values()];
}

/** The entry of a manager after a write: its time moves only when its fields do. */
export function refreshed(before: Manager | undefined, next: Manager): Manager {
  if (before && equalFields(before.fields, next.fields) && before.apiVersion === next.apiVersion) return before;
  return { ...next, fields: orderedFields(next.fields) };
}
