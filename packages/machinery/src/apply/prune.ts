import { isJsonObject, type JsonObject, type StructSchema } from '../schema/schema.ts';
import { abandonedFields } from './abandoned-fields.ts';
import { configuredFields } from './configured-fields.ts';
import { type Fields, noFields, unionFields } from './fields.ts';
import type { Manager, Managers } from './managers.ts';
import { type Removal, removeFields } from './remove-fields.ts';
import type { KindVersions } from './versions.ts';

interface Pruning {
  /** The live object with the configuration over it, in the version of the applier. */
  readonly merged: JsonObject;
  /** What the applier owned before, in whatever version. */
  readonly last: Manager;
  /** All owners with what they own now, the applier among them. */
  readonly managers: Managers;
  readonly versions: KindVersions;
  readonly applier: { readonly apiVersion: string; readonly schema: StructSchema };
}

/**
 * The merged object without fields that the applier owned alone and no longer sets, if managers use several versions.
 * They are removed in the version in which they were applied, and restored version by version for other owners; the
 * last applied version comes first, as an object that lacks too much may not be convertible.
 */
export async function pruned({ merged, last, managers, versions, applier }: Pruning): Promise<JsonObject> {
  const schemaOf = (apiVersion: string): StructSchema | undefined =>
    apiVersion === applier.apiVersion ? applier.schema : versions.schemaOf(apiVersion);
  const convert = async (object: JsonObject, from: string, to: string): Promise<JsonObject> =>
    from === to ? object : ((await versions.convert([object], to))[0] ?? object);
  const schema = schemaOf(last.apiVersion);
  if (!schema) return merged;
  const owned = new Map<string, Fields>();
  for (const { apiVersion, fields } of managers.values())
    owned.set(apiVersion, unionFields(owned.get(apiVersion) ?? noFields, fields));

  const before = await convert(merged, applier.apiVersion, last.apiVersion);
  const kept = owned.get(last.apiVersion) ?? noFields;
  let rest = identified(before, { fields: abandonedFields(last.fields, kept, schema), owned: kept }, schema);
  let version = last.apiVersion;
  for (const [next, theirs] of owned) {
    const known = schemaOf(next);
    if (next === last.apiVersion || !known) continue;
    const whole = await convert(before, last.apiVersion, next);
    const without = await convert(rest, version, next);
    const held = unionFields(configuredFields(without, known), theirs);
    rest = identified(
      whole,
      { fields: abandonedFields(configuredFields(whole, known), held, known), owned: held },
      known,
    );
    version = next;
  }
  // Remove only what the applier owned: conversions may lose more.
  const left = configuredFields(await convert(rest, version, last.apiVersion), schema);
  const result = removeFields(before, { fields: abandonedFields(last.fields, left, schema), owned: left }, schema);
  return await convert(result, last.apiVersion, applier.apiVersion);
}

/** The object without these fields, which still says which one it is: converters look at that. */
function identified(object: JsonObject, removal: Removal, schema: StructSchema): JsonObject {
  const rest = removeFields(object, removal, schema);
  if (rest.metadata !== undefined || !isJsonObject(object.metadata)) return rest;
  const { name, namespace, uid } = object.metadata;
  const identity = Object.entries({ name, namespace, uid }).filter(([, value]) => value !== undefined);
  return { ...rest, metadata: Object.fromEntries(identity) };
}
