import { jsonEqual } from '../json/equal.ts';
import type { ManagedFieldsEntry } from '../meta/v1.gen.ts';
import { goQuote } from '../quote.ts';
import { isJsonObject, type JsonObject, type StructSchema } from '../schema/schema.ts';
import { StatusError } from '../status-error.ts';
import { abandonedFields } from './abandoned-fields.ts';
import { compareObjects } from './compare.ts';
import { configuredFields } from './configured-fields.ts';
import {
  differenceFields,
  type Fields,
  isEmptySet,
  noFields,
  orderedFields,
  pathsOf,
  pathText,
  unionFields,
  withoutSubtrees,
} from './fields.ts';
import { entriesOf, type Manager, managerId } from './managers.ts';
import { mergeConfiguration } from './merge-configuration.ts';
import { conflictsOf, type OwnershipConflict, othersAfter } from './ownership.ts';
import { pruned } from './prune.ts';
import { removeFields } from './remove-fields.ts';
import { fittingManagers, managedFieldsOf, ownable, type Writer } from './track-update.ts';
import { type ChangesElsewhere, changesIn, type KindVersions, otherVersions } from './versions.ts';

export interface Applier extends Writer {
  /** Take over fields that others own instead of failing. */
  readonly force: boolean;
}

export interface ApplyStates {
  /** The stored object; undefined when applying creates it. */
  readonly live: JsonObject | undefined;
  /** The configuration as sent: without defaults. */
  readonly config: JsonObject;
  /** A new, empty object of the kind: `decodeObject({}, schema).object`. */
  readonly blank: JsonObject;
}

export interface Applied {
  /** The object to default, admit and store, without managedFields. */
  readonly object: JsonObject;
  readonly managedFields: ManagedFieldsEntry[] | undefined;
}

const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * Server-side apply: merges the configuration into the live object, removes fields that the applier owned alone and no
 * longer sets, and makes it the owner of exactly what it sets. Throws a Conflict that names the fields if others own
 * what it would change.
 */
export function applyConfiguration(states: ApplyStates, schema: StructSchema, applier: Applier): Applied {
  const begun = begin(states, schema, applier);
  const { managers, id, last, merged, configured } = begun;
  const owned = ownedBy(
    managers.entries().filter(([other]) => other !== id),
    configured,
  );
  const abandoned = abandonedFields(last?.fields ?? noFields, owned, schema);
  const object = removeFields(merged, { fields: abandoned, owned }, schema);
  return finish(begun, object, undefined);
}

/** The same if managers own fields in other versions: the changes are computed in each manager's version. */
export async function applyAcrossVersions(
  states: ApplyStates,
  schema: StructSchema,
  { versions, ...applier }: Applier & { readonly versions: KindVersions },
): Promise<Applied> {
  const begun = begin(states, schema, applier);
  const { managers, id, last, configured, live, merged } = begun;
  const present = new Map<string, Manager>();
  for (const [other, manager] of managers)
    if (manager.apiVersion === applier.apiVersion || versions.schemaOf(manager.apiVersion)) present.set(other, manager);
  const all = new Map(present).set(id, applierOf(applier, configured));
  const object =
    last && present.has(id)
      ? await pruned({ merged, last, managers: all, versions, applier: { ...applier, schema } })
      : merged;
  const others = otherVersions(managedFieldsOf(states.live), applier.apiVersion);
  const change = { before: live, after: object, without: applier.resetFields };
  const elsewhere = await changesIn(others, change, versions);
  return finish(begun, object, elsewhere);
}

const ownedBy = (managers: Iterable<readonly [string, Manager]>, fields: Fields): Fields => {
  let owned = fields;
  for (const [, manager] of managers) owned = unionFields(owned, manager.fields);
  return owned;
};

interface Begun {
  readonly states: ApplyStates;
  readonly schema: StructSchema;
  readonly applier: Applier;
  readonly live: JsonObject;
  readonly managers: Map<string, Manager>;
  /** The applier's. */
  readonly id: string;
  /** Its previous application. */
  readonly last: Manager | undefined;
  /** The fields of its configuration, including those that nobody can own. */
  readonly configured: Fields;
  /** The fields that the applier owns from now on. */
  readonly fields: Fields;
  readonly merged: JsonObject;
}

function begin(states: ApplyStates, schema: StructSchema, applier: Applier): Begun {
  const { config, blank } = states;
  const live = withoutManagedFields(states.live ?? blank);
  const managers = fittingManagers(managedFieldsOf(states.live), schema, applier);
  if (states.live !== undefined && managers.size === 0) trackFirst(managers, { live, blank, schema, applier });
  const id = managerId({ ...applier, operation: 'Apply' });
  const all = configuredFields(config, schema);
  const configured = applier.resetFields ? withoutSubtrees(all, applier.resetFields) : all;
  const fields = ownable(all, applier);
  const merged = mergeConfiguration(live, withoutManagedFields(config), schema);
  return { states, schema, applier, live, managers, id, last: managers.get(id), configured, fields, merged };
}

function finish(begun: Begun, object: JsonObject, elsewhere: ChangesElsewhere | undefined): Applied {
  const { states, schema, applier, live, managers, id, last, fields } = begun;
  const change = compareObjects(live, object, {
    schema,
    ...(applier.resetFields ? { without: applier.resetFields } : {}),
  });
  const changing = { writer: id, apiVersion: applier.apiVersion, change, elsewhere };
  if (!applier.force) failOnConflicts(conflictsOf(managers, changing), { live, schema, applier });
  const after = othersAfter(managers, changing);
  const isSame = last !== undefined && jsonEqual(last.fields, fields) && isUnchanged(change);
  after.set(id, isSame ? { ...last, apiVersion: applier.apiVersion } : applierOf(applier, fields));
  return { object: withSyncedAnnotation(object, states), managedFields: entriesOf(after) };
}

const isUnchanged = (change: { added: Fields; modified: Fields; removed: Fields }): boolean =>
  isEmptySet(change.added) && isEmptySet(change.modified) && isEmptySet(change.removed);

function applierOf(applier: Applier, fields: Fields): Manager {
  const { manager, apiVersion, subresource, now } = applier;
  return { manager, apiVersion, subresource, operation: 'Apply', time: now, fields: orderedFields(fields) };
}

interface Tracking {
  readonly live: JsonObject;
  readonly blank: JsonObject;
  readonly schema: StructSchema;
  readonly applier: Applier;
}

/**
 * Fields that existed before the first apply get a manager of their own, so that they are not overwritten by accident.
 */
function trackFirst(managers: Map<string, Manager>, { live, blank, schema, applier }: Tracking): void {
  const everything = ownable(compareObjects(blank, live, { schema }).added, { ...applier, resetFields: undefined });
  const first: Manager = {
    manager: 'before-first-apply',
    operation: 'Update',
    apiVersion: applier.apiVersion,
    subresource: '',
    time: applier.now,
    fields: everything,
  };
  managers.set(managerId(first), first);
}

function withoutManagedFields(object: JsonObject): JsonObject {
  if (!isJsonObject(object.metadata) || object.metadata.managedFields === undefined) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

interface Judgement {
  readonly live: JsonObject;
  readonly schema: StructSchema;
  readonly applier: Applier;
}

/** kubectl may take over what it set itself by client-side apply, which that annotation tells. */
function failOnConflicts(found: readonly OwnershipConflict[], { live, schema, applier }: Judgement): void {
  const own = applier.manager === 'kubectl' ? lastAppliedFields(live, schema) : noFields;
  const conflicts = found
    .map(({ manager, fields }) => ({ manager, fields: differenceFields(fields, own) }))
    .filter(({ fields }) => !isEmptySet(fields));
  if (conflicts.length > 0) throw applyConflict(conflicts);
}

function annotationsOf(object: JsonObject): JsonObject | undefined {
  const annotations = isJsonObject(object.metadata) ? object.metadata.annotations : undefined;
  return isJsonObject(annotations) ? annotations : undefined;
}

function lastAppliedFields(live: JsonObject, schema: StructSchema): Fields {
  const text = annotationsOf(live)?.[lastAppliedAnnotation];
  if (typeof text !== 'string') return noFields;
  try {
    const config: unknown = JSON.parse(text);
    return isJsonObject(config) ? configuredFields(config, schema) : noFields;
  } catch (error) {
    // Whoever wrote the annotation broke it: it then vouches for nothing.
    if (error instanceof SyntaxError) return noFields;
    throw error;
  }
}

/** Keeps the annotation of client-side apply up to date, so that a later one starts from what was applied here. */
function withSyncedAnnotation(object: JsonObject, { live, config }: ApplyStates): JsonObject {
  const before = live && annotationsOf(live)?.[lastAppliedAnnotation];
  if (before === undefined || annotationsOf(config)?.[lastAppliedAnnotation] !== undefined) return object;
  const annotations = annotationsOf(object);
  if (annotations?.[lastAppliedAnnotation] === undefined) return object;
  const metadata = object.metadata as JsonObject;
  // In kubectl's format, whatever the order of the fields.
  const text = `${JSON.stringify(sortedKeys(withoutManagedFields(config)))}\n`;
  return { ...object, metadata: { ...metadata, annotations: { ...annotations, [lastAppliedAnnotation]: text } } };
}

function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys);
  if (!isJsonObject(value)) return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, sortedKeys(value[key])]));
}

/** `Apply failed with 1 conflict: conflict with "kubectl" using apps/v1: .spec.replicas` */
function applyConflict(conflicts: readonly OwnershipConflict[]): StatusError {
  const found = conflicts.flatMap(({ manager, fields }) =>
    [...pathsOf(fields)].map((path) => ({ who: managerText(manager), field: pathText(path) })),
  );
  const causes = found.map(({ who, field }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${who}`,
    field,
  }));
  return new StatusError('Conflict', conflictMessage(found), { details: { causes } });
}

function conflictMessage(found: readonly { who: string; field: string }[]): string {
  const [first] = found;
  if (first !== undefined && found.length === 1) {
    return `Apply failed with 1 conflict: conflict with ${first.who}: ${first.field}`;
  }
  const lines = [...Map.groupBy(found, ({ who }) => who)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([who, fields]) => [`conflicts with ${who}:`, ...fields.map(({ field }) => `- ${field}`)]);
  return `Apply failed with ${found.length} conflicts: ${lines.join('\n')}`;
}

function managerText({ manager, subresource, operation, apiVersion }: Manager): string {
  const name = subresource === '' ? goQuote(manager) : `${goQuote(manager)} with subresource ${goQuote(subresource)}`;
  return operation === 'Update' ? `${name} using ${apiVersion}` : name;
}
