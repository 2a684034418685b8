import {
  anySchema,
  isJsonObject,
  type JsonObject,
  memberSchema,
  ownMember,
  type Schema,
  setMember,
} from '../schema/schema.ts';
import { jsonEqual } from './equal.ts';
import type { ThreeWay } from './merge-patch.ts';
import {
  deleteFromPrimitiveListPrefix,
  patchDirective,
  retainKeysDirective,
  setElementOrderPrefix,
} from './strategic-directives.ts';

/**
 * The strategic merge patch of a client-side apply: turns `current` into `modified`, and removes what `original` had
 * and `modified` lacks. An empty patch means that there is nothing to do.
 */
export function createThreeWayStrategicPatch(states: ThreeWay, schema: Schema): JsonObject {
  return diffMaps(states, { schema, retainKeys: false });
}

/** The strategic merge patch that turns `from` into `to`. */
export function createStrategicPatch(from: JsonObject, to: JsonObject, schema: Schema): JsonObject {
  return diffMaps({ original: from, modified: to, current: from }, { schema, retainKeys: false });
}

interface MapShape {
  readonly schema: Schema;
  /** Whether the members are alternatives, such as the sources of a volume. */
  readonly retainKeys: boolean;
}

function diffMaps({ original, modified, current }: ThreeWay, { schema, retainKeys }: MapShape): JsonObject {
  const patch: JsonObject = {};
  const wantedKeys = Object.keys(modified).filter((key) => modified[key] !== undefined);
  for (const key of Object.keys(original ?? {}))
    if (ownMember(modified, key) === undefined) setMember(patch, key, null);
  for (const key of wantedKeys) {
    diffMember(patch, {
      key,
      schema,
      original: original && ownMember(original, key),
      modified: ownMember(modified, key),
      current: ownMember(current, key),
    });
  }
  if (retainKeys && wantedKeys.length > 0) {
    const isExtra = (key: string): boolean => ownMember(modified, key) === undefined;
    const extra = Object.keys(current).some(isExtra) || Object.keys(original ?? {}).some(isExtra);
    if (extra || Object.keys(patch).length > 0) {
      patch[retainKeysDirective] = wantedKeys.filter((key) => modified[key] !== null).sort();
    }
  }
  return patch;
}

interface Member {
  readonly key: string;
  readonly schema: Schema;
  readonly original: unknown;
  readonly modified: unknown;
  readonly current: unknown;
}

function diffMember(patch: JsonObject, { key, schema, original, modified, current }: Member): void {
  const field = schema.kind === 'struct' ? schema.fields.get(key) : undefined;
  const member = memberSchema(schema, key) ?? anySchema;
  const strategy = field?.patchStrategy ?? [];
  if (isJsonObject(modified) && isJsonObject(current) && !strategy.includes('replace')) {
    const states = { original: isJsonObject(original) ? original : undefined, modified, current };
    const inner = diffMaps(states, { schema: member, retainKeys: strategy.includes('retainKeys') });
    if (Object.keys(inner).length > 0) setMember(patch, key, inner);
  } else if (Array.isArray(modified) && Array.isArray(current) && strategy.includes('merge')) {
    const states = { original: Array.isArray(original) ? original : [], modified, current };
    if (field?.patchMergeKey === undefined) diffScalars(patch, { key, ...states });
    else {
      diffItems(patch, {
        key,
        ...states,
        mergeKey: field.patchMergeKey,
        shape: {
          schema: member.kind === 'list' ? member.items : anySchema,
          retainKeys: strategy.includes('retainKeys'),
        },
      });
    }
  } else if (!jsonEqual(modified, current)) setMember(patch, key, modified);
}

interface Lists {
  readonly key: string;
  readonly original: readonly unknown[];
  readonly modified: readonly unknown[];
  readonly current: readonly unknown[];
}

function diffScalars(patch: JsonObject, { key, original, modified, current }: Lists): void {
  const additions = modified.filter((value) => !current.includes(value));
  const deletions = original.filter((value) => !modified.includes(value));
  if (additions.length > 0) patch[key] = additions;
  if (deletions.length > 0) patch[deleteFromPrimitiveListPrefix + key] = deletions;
  if (additions.length > 0 || deletions.length > 0 || isReordered(modified, current)) {
    patch[setElementOrderPrefix + key] = modified;
  }
}

function diffItems(patch: JsonObject, lists: Lists & { mergeKey: string; shape: MapShape }): void {
  const { key, mergeKey, shape, modified, current, original } = lists;
  const idOf = (item: unknown): unknown => (isJsonObject(item) ? item[mergeKey] : undefined);
  const byId = (items: readonly unknown[]): Map<unknown, unknown> => new Map(items.map((item) => [idOf(item), item]));
  const [before, now, wanted] = [byId(original), byId(current), byId(modified)];
  const changes: unknown[] = [];
  for (const [id, item] of wanted) {
    const actual = now.get(id);
    if (!isJsonObject(item) || !isJsonObject(actual)) {
      changes.push(item);
      continue;
    }
    const old = before.get(id);
    const inner = diffMaps({ original: isJsonObject(old) ? old : undefined, modified: item, current: actual }, shape);
    if (Object.keys(inner).length > 0) changes.push({ ...inner, [mergeKey]: id });
  }
  for (const id of before.keys()) if (!wanted.has(id)) changes.push({ [patchDirective]: 'delete', [mergeKey]: id });
  if (changes.length > 0) patch[key] = changes;
  if (changes.length > 0 || isReordered([...wanted.keys()], [...now.keys()])) {
    patch[setElementOrderPrefix + key] = modified.map((item) => ({ [mergeKey]: idOf(item) }));
  }
}

/** Whether the common values of both lists have a different order. */
function isReordered(wanted: readonly unknown[], actual: readonly unknown[]): boolean {
  const places = wanted.map((value) => actual.indexOf(value)).filter((place) => place >= 0);
  return places.some((place, i) => i > 0 && place < places[i - 1]!);
}
