import { WrittenNumber } from '../exact-json.ts';
import { jsonEqual } from '../json/equal.ts';
import { isJsonObject, type JsonObject, ownMember, setMember } from '../schema/schema.ts';

/**
 * The document after an RFC 7386 patch, as upstream applies it: in new lists, and in values that replace something
 * other than an object, null members of objects are dropped too. Nothing is changed in place.
 */
export function applyMergePatch(document: unknown, patch: unknown): unknown {
  if (Array.isArray(patch) && !isJsonObject(document)) return patch.map(withoutNulls);
  if (!isJsonObject(patch) || patch instanceof WrittenNumber) return patch;
  const merged: JsonObject = isJsonObject(document) ? { ...document } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else setMember(merged, key, applyMergePatch(ownMember(merged, key), value));
  }
  return merged;
}

/** At any depth; nulls in lists stay. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isJsonObject(value) || value instanceof WrittenNumber) return value;
  const kept: JsonObject = {};
  for (const [key, member] of Object.entries(value)) if (member !== null) setMember(kept, key, withoutNulls(member));
  return kept;
}

/** The RFC 7386 patch that turns `from` into `to`. */
export function createMergePatch(from: JsonObject, to: JsonObject): JsonObject {
  return createThreeWayJsonMergePatch({ original: from, modified: to, current: from });
}

/** The three states that a client-side apply looks at. */
export interface ThreeWay {
  /** The last applied state; its fields that `modified` lacks are removed. */
  readonly original: JsonObject | undefined;
  /** The wanted state. */
  readonly modified: JsonObject;
  /** The live state. Its fields that neither of the others has stay. */
  readonly current: JsonObject;
}

/** The RFC 7386 patch of a client-side apply. Lists are replaced as a whole. */
export function createThreeWayJsonMergePatch({ original, modified, current }: ThreeWay): JsonObject {
  const patch: JsonObject = {};
  for (const key of Object.keys(original ?? {}))
    if (ownMember(modified, key) === undefined) setMember(patch, key, null);
  for (const [key, wanted] of Object.entries(modified)) {
    const actual = ownMember(current, key);
    if (isJsonObject(wanted) && isJsonObject(actual)) {
      const before = original && ownMember(original, key);
      const inner = createThreeWayJsonMergePatch({
        original: isJsonObject(before) ? before : undefined,
        modified: wanted,
        current: actual,
      });
      if (Object.keys(inner).length > 0) setMember(patch, key, inner);
    } else if (wanted !== undefined && !jsonEqual(wanted, actual)) setMember(patch, key, wanted);
  }
  return patch;
}
