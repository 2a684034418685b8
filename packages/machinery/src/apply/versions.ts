import type { ManagedFieldsEntry } from '../meta/v1.gen.ts';
import type { JsonObject, StructSchema } from '../schema/schema.ts';
import { type Comparison, compareObjects } from './compare.ts';
import { type Fields, noFields } from './fields.ts';

/** The versions of a kind in which managers may own fields. */
export interface KindVersions {
  /** Undefined for a version that there is not any more: whoever owns fields in it owns nothing. May throw instead. */
  schemaOf(apiVersion: string): StructSchema | undefined;
  /** New objects, in the order of the given ones, which may be in any version. */
  convert(objects: readonly JsonObject[], apiVersion: string): Promise<readonly JsonObject[]>;
}

/** What one change is in other versions, by apiVersion. Managers of versions that are not among them own nothing. */
export type ChangesElsewhere = ReadonlyMap<string, Comparison>;

/** The versions in which there are managers, besides the one that is written. Mostly none. */
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

export interface Change {
  /** Undefined for a create. */
  readonly before: JsonObject | undefined;
  readonly after: JsonObject;
  /** What is not looked at, the same in all versions: what a door resets. */
  readonly without?: Fields | undefined;
}

/** What a change is in each of these versions, as far as there are such. */
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
