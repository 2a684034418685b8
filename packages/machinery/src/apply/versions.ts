import type { ManagedFieldsEntry } from '../meta/v1.gen.ts';
import type { JsonObject, StructSchema } from '../schema/schema.ts';
import { type Comparison, compareObjects } from './compare.ts';
import { type Fields, noFields } from './fields.ts';

/** The versions of a kind in which managers may own fields. */
export interface KindVersions {
  /** Undefined for a version that does not exist any more: managers that own fields in it own nothing. May throw instead. */
  schemaOf(apiVersion: string): StructSchema | undefined;
  /** Returns new objects, in the order of the given ones, which may be in any version. */
  convert(objects: readonly JsonObject[], apiVersion: string): Promise<readonly JsonObject[]>;
}

/** One change in other versions, by apiVersion. Managers of versions that are not included own nothing. */
export type ChangesElsewhere = ReadonlyMap<string, Comparison>;

/** The other versions in which there are managers. Mostly none. */
export function otherVersions(
  entries: readonly ManagedFieldsEntry[] | undefined,
  apiVersion: string,
): readonly string[] {
  if (entries === undefined || entries.every((entry) => entry.apiVersion === apiVersion)) return none;
  const others = new Set(entries.map((entry) => entry.apiVersion ?? apiVersion));
  others.delete(apiVersion);
  return [...others];
}

const none: readonly string[] = [];

interface Change {
  /** Undefined for a create. */
  readonly before: JsonObject | undefined;
  readonly after: JsonObject;
  /** The fields to skip in all versions: those that the kind of write resets. */
  readonly without?: Fields | undefined;
}

/** A change in each of these versions, if they exist. */
export async function changesIn(
  wanted: readonly string[],
  { before, after, without = noFields }: Change,
  versions: KindVersions,
): Promise<ChangesElsewhere> {
  const changes = new Map<string, Comparison>();
  for (const apiVersion of wanted) {
    const schema = versions.schemaOf(apiVersion);
    if (!schema) continue;
    const [next = {}, live = {}] = await versions.convert(before ? [after, before] : [after], apiVersion);
    changes.set(apiVersion, compareObjects(live, next, { schema, without }));
  }
  return changes;
}
