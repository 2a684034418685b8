import type { ManagedFieldsEntry } from '../meta/v1.gen.ts';
import type { JsonObject, StructSchema } from '../schema/schema.ts';
import { compareObjects } from './compare.ts';
import {
  differenceFields,
  type Fields,
  isEmptySet,
  noFields,
  orderedFields,
  unionFields,
  withoutSubtrees,
} from './fields.ts';
import { fitFields } from './fit-fields.ts';
import {
  entriesOf,
  entryOf,
  type Manager,
  managedFieldsProblem,
  managerId,
  managersOf,
  refreshed,
} from './managers.ts';
import { othersAfter, untrackedFields } from './ownership.ts';
import type { ChangesElsewhere } from './versions.ts';

/** The field manager, and the kind of its write. */
export interface Writer {
  /** The `fieldManager` of the request, or the part of its user agent before the slash. */
  readonly manager: string;
  readonly apiVersion: string;
  /** "" for the object itself, else `status`, `scale`, ... */
  readonly subresource: string;
  /** RFC 3339, whole seconds. */
  readonly now: string;
  /** Fields that writes of this kind reset, so they cannot be owned through it. From `fieldsOfPaths(['status'])`. */
  readonly resetFields?: Fields;
  /** Whether the schema may have changed since fields were owned: that of a custom resource. */
  readonly schemaChanges?: boolean;
}

export interface UpdateStates {
  /** The stored object; undefined for a create. */
  readonly live: JsonObject | undefined;
  /** The object as its writer wants it, its managedFields being what the client sent. */
  readonly next: JsonObject;
  /** A new, empty object of the kind: `decodeObject({}, schema).object`. */
  readonly blank: JsonObject;
}

/**
 * The managedFields after a create, update or patch. The writer owns the fields that it changes; removed fields have no
 * owner. An object without tracking stays so until somebody applies to it. Nothing is changed in place. `elsewhere` has
 * the change for managers of other versions (`changesIn`), if `entriesBefore` has such (`otherVersions`).
 */
export function trackUpdate(
  states: UpdateStates,
  schema: StructSchema,
  writer: Writer,
  elsewhere?: ChangesElsewhere,
): ManagedFieldsEntry[] | undefined {
  const { live, next } = states;
  if (isReset(managedFieldsOf(next))) return undefined;
  const entries = entriesBefore(states);
  if (live !== undefined && (entries === undefined || entries.length === 0)) return undefined;
  if (live === undefined && (entries === undefined || entries.length === 0)) {
    // Nobody else can lose anything: only look at what the writer can own.
    const { added, modified } = compareObjects(states.blank, next, { schema, without: notOwnable(writer) });
    const fields = unionFields(added, modified);
    return isEmptySet(fields) ? undefined : [entryOf(updaterOf(writer, orderedFields(fields)))];
  }
  const managers = fittingManagers(entries, schema, writer);
  const change = compareObjects(live ?? states.blank, next, { schema, without: writer.resetFields ?? noFields });
  const id = managerId({ ...writer, operation: 'Update' });
  const after = othersAfter(managers, { writer: id, apiVersion: writer.apiVersion, change, elsewhere });
  const before = managers.get(id);
  const touched = unionFields(change.added, change.modified);
  const kept = differenceFields(before?.fields ?? noFields, change.removed);
  const fields = isEmptySet(touched) ? kept : unionFields(kept, ownable(touched, writer));
  if (isEmptySet(fields)) after.delete(id);
  else after.set(id, refreshed(before, updaterOf(writer, fields)));
  return entriesOf(after);
}

/** The managers, those of the writer's version with what they own under its schema of today. */
export function fittingManagers(
  entries: readonly ManagedFieldsEntry[] | undefined,
  schema: StructSchema,
  { apiVersion, schemaChanges }: Pick<Writer, 'apiVersion' | 'schemaChanges'>,
): Map<string, Manager> {
  const managers = managersOf(entries);
  if (!schemaChanges) return managers;
  for (const [id, manager] of managers) {
    if (manager.apiVersion !== apiVersion) continue;
    const fields = fitFields(manager.fields, schema);
    if (fields !== manager.fields) managers.set(id, { ...manager, fields });
  }
  return managers;
}

/** The owners before an update: as the client sends them, else as stored: invalid entries are not refused. */
export function entriesBefore({ live, next }: Pick<UpdateStates, 'live' | 'next'>): ManagedFieldsEntry[] | undefined {
  const sent = managedFieldsOf(next);
  return sent !== undefined && sent.length > 0 && (isReset(sent) || managedFieldsProblem(sent) === undefined)
    ? sent
    : managedFieldsOf(live);
}

function updaterOf(writer: Writer, fields: Fields): Manager {
  const { manager, apiVersion, subresource, now } = writer;
  return { manager, apiVersion, subresource, operation: 'Update', time: now, fields };
}

const closed = new WeakMap<Fields, Fields>();

/** The fields that the writer cannot own. */
function notOwnable({ resetFields }: Writer): Fields {
  if (!resetFields) return untrackedFields;
  let fields = closed.get(resetFields);
  if (!fields) {
    fields = unionFields(untrackedFields, resetFields);
    closed.set(resetFields, fields);
  }
  return fields;
}

/** The part of a set that the writer can own. */
export function ownable(fields: Fields, writer: Writer): Fields {
  const tracked = withoutSubtrees(fields, untrackedFields);
  return writer.resetFields ? withoutSubtrees(tracked, writer.resetFields) : tracked;
}

export function managedFieldsOf(object: JsonObject | undefined): ManagedFieldsEntry[] | undefined {
  const metadata = object?.metadata as { managedFields?: ManagedFieldsEntry[] } | undefined;
  return metadata?.managedFields;
}

/** A client that sends one empty entry resets ownership. */
function isReset(entries: readonly ManagedFieldsEntry[] | undefined): boolean {
  return entries?.length === 1 && Object.keys(entries[0] ?? {}).length === 0;
}
