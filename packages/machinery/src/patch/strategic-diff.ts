import { goValue } from '../go-syntax.ts';
import { jsonEqual } from '../json/equal.ts';
import { jsonKind } from '../schema/decode.ts';
import {
  anySchema,
  isJsonObject,
  type JsonObject,
  memberSchema,
  ownMember,
  type Schema,
  setMember,
} from '../schema/schema.ts';
import type { ThreeWay } from './merge-patch.ts';
import { unclassifiedPatchProblem } from './patch-errors.ts';
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
  return diffMaps(states, { schema, retainKeys: false, ordered: true });
}

/** The strategic merge patch that turns `from` into `to`; without saying in which order items of lists come, where `ordered` is false. */
export function createStrategicPatch(
  from: JsonObject,
  to: JsonObject,
  { schema, ordered = true }: { schema: Schema; ordered?: boolean },
): JsonObject {
  return diffMaps({ original: from, modified: to, current: from }, { schema, retainKeys: false, ordered });
}

interface MapShape {
  readonly schema: Schema;
  /** Whether the members are alternatives, such as the sources of a volume. */
  readonly retainKeys: boolean;
  /** Whether lists that are merged get the order of their items. */
  readonly ordered: boolean;
}

function diffMaps({ original, modified, current }: ThreeWay, shape: MapShape): JsonObject {
  const { schema, retainKeys, ordered } = shape;
  const patch: JsonObject = {};
  const wantedKeys = Object.keys(modified).filter((key) => modified[key] !== undefined);
  for (const key of Object.keys(original ?? {}))
    if (ownMember(modified, key) === undefined) setMember(patch, key, null);
  for (const key of wantedKeys) {
    diffMember(patch, {
      key,
      schema,
      ordered,
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
  readonly ordered: boolean;
  readonly original: unknown;
  readonly modified: unknown;
  readonly current: unknown;
}

function diffMember(patch: JsonObject, { key, schema, ordered, original, modified, current }: Member): void {
  const field = schema.kind === 'struct' ? schema.fields.get(key) : undefined;
  const member = memberSchema(schema, key) ?? anySchema;
  const strategy = field?.patchStrategy ?? [];
  if (isJsonObject(modified) && isJsonObject(current) && !strategy.includes('replace')) {
    const states = { original: isJsonObject(original) ? original : undefined, modified, current };
    const inner = diffMaps(states, { schema: member, retainKeys: strategy.includes('retainKeys'), ordered });
    if (Object.keys(inner).length > 0) setMember(patch, key, inner);
  } else if (Array.isArray(modified) && Array.isArray(current) && strategy.includes('merge')) {
    const states = { original: Array.isArray(original) ? original : [], modified, current };
    if (field?.patchMergeKey === undefined) diffScalars(patch, { key, ordered, ...states });
    else {
      diffItems(patch, {
        key,
        ordered,
        ...states,
        mergeKey: field.patchMergeKey,
        shape: {
          schema: member.kind === 'list' ? member.items : anySchema,
          retainKeys: strategy.includes('retainKeys'),
          ordered,
        },
      });
    }
  } else if (!jsonEqual(modified, current)) setMember(patch, key, modified);
}

interface Lists {
  readonly key: string;
  readonly ordered: boolean;
  readonly original: readonly unknown[];
  readonly modified: readonly unknown[];
  readonly current: readonly unknown[];
}

function diffScalars(patch: JsonObject, { key, ordered, original, modified, current }: Lists): void {
  const additions = (ordered ? modified : inOrder(modified)).filter((value) => !current.includes(value));
  const deletions = inOrder(new Set(original.filter((value) => !modified.includes(value))));
  if (additions.length > 0) patch[key] = additions;
  if (deletions.length > 0) patch[deleteFromPrimitiveListPrefix + key] = deletions;
  // In an apply upstream has sorted what the server has by then: what is not sorted in the file is another order to it.
  const before = original === current ? current : inOrder(current);
  const isOther = current.length > 0 && !jsonEqual(before, modified);
  if (ordered && (deletions.length > 0 || isOther)) patch[setElementOrderPrefix + key] = modified;
}

const inOrder = (values: Iterable<unknown>): unknown[] =>
  [...values].sort((a, b) => (String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0));

function diffItems(patch: JsonObject, lists: Lists & { mergeKey: string; shape: MapShape }): void {
  const { key, mergeKey, shape, modified, current, original } = lists;
  if (current.length > 0) refuseForeignItems([current, modified], mergeKey);
  if (original.length > 0) refuseForeignItems([original, modified], mergeKey);
  const idOf = (item: unknown): unknown => (item as JsonObject)[mergeKey];
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
  const gone = inOrder([...before.keys()].filter((id) => !wanted.has(id)));
  for (const id of gone) changes.push({ [patchDirective]: 'delete', [mergeKey]: id });
  if (changes.length > 0) patch[key] = changes;
  // What only the server has makes another order, too, as far as upstream is concerned.
  const isOther = changes.length > 0 || !jsonEqual(current.map(idOf), modified.map(idOf));
  if (lists.ordered && (gone.length > 0 || (current.length > 0 && isOther))) {
    patch[setElementOrderPrefix + key] = modified.map((item) => ({ [mergeKey]: idOf(item) }));
  }
}

/** Throws for lists whose items are not objects that have the member that identifies them. */
function refuseForeignItems(lists: readonly (readonly unknown[])[], mergeKey: string): void {
  if (new Set(lists.flat().map(jsonKind)).size > 1)
    throw unclassifiedPatchProblem(`list element types are not identical: ${goValue(lists)}`);
  for (const item of lists.flat())
    if (!isJsonObject(item) || item[mergeKey] === undefined)
      throw unclassifiedPatchProblem(`map: ${goValue(item)} does not contain declared merge key: ${mergeKey}`);
}
