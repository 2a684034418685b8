import { jsonEqual } from '../json/equal.ts';
import {
  anySchema,
  isJsonObject,
  type JsonObject,
  memberSchema,
  ownMember,
  type Schema,
  setMember,
} from '../schema/schema.ts';
import { ordered } from './ordering.ts';
import { contradictoryPatch, malformedPatch, unclassifiedPatchProblem } from './patch-errors.ts';
import {
  deleteFromPrimitiveListPrefix,
  isDirective,
  patchDirective,
  retainKeysDirective,
  setElementOrderPrefix,
} from './strategic-directives.ts';

/** The document after a strategic merge patch: lists are merged as their schema says. Nothing is changed in place. */
export function applyStrategicMergePatch(document: JsonObject, patch: JsonObject, schema: Schema): JsonObject {
  return mergeMap(document, patch, schema);
}

function mergeMap(original: JsonObject, patch: JsonObject, schema: Schema): JsonObject {
  const directive = patch[patchDirective];
  if (directive !== undefined) {
    if (directive === 'replace') return withoutDirectives(patch) as JsonObject;
    if (directive === 'delete') return {};
    throw unknownDirective(patch);
  }
  const merged = retained(original, patch);
  for (const key of fieldsTouched(patch)) {
    const value = patch[key];
    if (value === null) delete merged[key];
    else {
      const place = { key, patch, schema, value };
      const next = mergeMember(ownMember(merged, key), place);
      if (next !== undefined) setMember(merged, key, next);
    }
  }
  return merged;
}

/** A copy of the original, with only the members that `$retainKeys` names if the patch has it. */
function retained(original: JsonObject, patch: JsonObject): JsonObject {
  const keys = patch[retainKeysDirective];
  if (keys === undefined) return { ...original };
  if (!Array.isArray(keys)) throw malformedPatch('invalid patch format of retainKeys');
  for (const [key, value] of Object.entries(patch)) {
    if (value !== null && !isDirective(key) && !keys.includes(key))
      throw malformedPatch('invalid patch format of retainKeys');
  }
  return Object.fromEntries(Object.entries(original).filter(([key]) => keys.includes(key)));
}

/** The patch's members, and the lists of which only a directive speaks. */
function fieldsTouched(patch: JsonObject): Set<string> {
  const fields = new Set<string>();
  for (const key of Object.keys(patch)) {
    if (!isDirective(key)) fields.add(key);
    else if (key.startsWith('$setElementOrder/') || key.startsWith('$deleteFromPrimitiveList/')) {
      fields.add(key.slice(key.indexOf('/') + 1));
    }
  }
  return fields;
}

interface Place {
  readonly key: string;
  readonly patch: JsonObject;
  readonly schema: Schema;
  /** Undefined where only a directive touches the member. */
  readonly value: unknown;
}

function mergeMember(original: unknown, { key, patch, schema, value }: Place): unknown {
  const field = schema.kind === 'struct' ? schema.fields.get(key) : undefined;
  const member = memberSchema(schema, key) ?? anySchema;
  const strategy = field?.patchStrategy ?? [];
  // A new value is taken from the patch as it is: lists are neither sorted nor checked for keys.
  if (original === undefined) return value === undefined ? undefined : withoutDirectives(value);
  if (isJsonObject(value) && isJsonObject(original)) {
    return strategy.includes('replace') ? withoutDirectives(value) : mergeMap(original, value, member);
  }
  if ((Array.isArray(value) || value === undefined) && strategy.includes('merge') && Array.isArray(original)) {
    return mergeList(original, {
      items: member.kind === 'list' ? member.items : anySchema,
      mergeKey: field?.patchMergeKey,
      patch: (value as unknown[] | undefined) ?? [],
      order: listOf(patch, setElementOrderPrefix + key, 'setElementOrder'),
      deletions: listOf(patch, deleteFromPrimitiveListPrefix + key, 'primitive'),
    });
  }
  return value === undefined ? original : withoutDirectives(value);
}

function listOf(patch: JsonObject, key: string, what: string): readonly unknown[] | undefined {
  const list = patch[key];
  if (list === undefined || list === null) return undefined;
  if (!Array.isArray(list)) throw malformedPatch(`invalid patch format of ${what} list`);
  return list;
}

interface ListPatch {
  readonly items: Schema;
  /** Undefined for lists of scalars. */
  readonly mergeKey: string | undefined;
  readonly patch: readonly unknown[];
  readonly order: readonly unknown[] | undefined;
  readonly deletions: readonly unknown[] | undefined;
}

function mergeList(original: readonly unknown[], list: ListPatch): unknown[] {
  if (list.order) checkOrder(list.patch, list.order, list.mergeKey);
  const { mergeKey } = list;
  if (mergeKey === undefined) {
    const kept = original.filter((value) => !list.deletions?.includes(value));
    const values = [...new Set([...kept, ...list.patch])];
    return ordered(values, { order: list.order ?? list.patch, original, idOf: (value) => value });
  }
  const idOf = (item: unknown): unknown => idOfItem(item, mergeKey);
  const merged = mergeItems(original, list, mergeKey);
  const inPatch = list.patch.filter((item) => isJsonObject(item) && item[patchDirective] === undefined);
  return ordered(merged, { order: list.order ?? inPatch, original, idOf });
}

function idOfItem(item: unknown, mergeKey: string): unknown {
  const id = isJsonObject(item) ? item[mergeKey] : undefined;
  if (id === undefined) {
    throw unclassifiedPatchProblem(`map: ${goMap(item)} does not contain declared merge key: ${mergeKey}`);
  }
  return id;
}

const unknownDirective = (patch: JsonObject): Error =>
  unclassifiedPatchProblem(`unknown patch type: ${directiveText(patch[patchDirective])} in map: ${goMap(patch)}`);

/** A text unchanged; for other values Go reports an unexpected type. */
function directiveText(value: unknown): string {
  if (typeof value === 'string') return value;
  const type =
    typeof value === 'boolean' ? 'bool' : typeof value === 'bigint' || Number.isInteger(value) ? 'int64' : 'float64';
  return `%!s(${type}=${String(value)})`;
}

/** A value in upstream's error format. */
function goMap(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goMap).join(' ')}]`;
  if (!isJsonObject(value)) return value === null ? '<nil>' : String(value);
  const members = Object.keys(value).sort();
  return `map[${members.map((key) => `${key}:${goMap(value[key])}`).join(' ')}]`;
}

/** Checks that the order directive names everything that a patch adds or changes, in that order. */
function checkOrder(patch: readonly unknown[], order: readonly unknown[], mergeKey: string | undefined): void {
  if (patch.length === 0 || order.length === 0) return;
  const idOf = (item: unknown): unknown => (mergeKey === undefined ? item : idOfItem(item, mergeKey));
  const wanted = patch.filter((item) => !(isJsonObject(item) && patchDirective in item)).map(idOf);
  let next = 0;
  for (const item of order) if (next < wanted.length && jsonEqual(idOf(item), wanted[next])) next++;
  if (next < wanted.length) throw contradictoryPatch(goMap(patch), goMap(order));
}

function mergeItems(original: readonly unknown[], { patch, items }: ListPatch, mergeKey: string): unknown[] {
  if (!patch.every(isJsonObject))
    throw unclassifiedPatchProblem(`list element types are not identical: ${goMap([original, patch])}`);
  const directed = patch.filter((item) => patchDirective in item);
  const plain = patch.filter((item) => !(patchDirective in item));
  const gone = directed.flatMap((item) => deletedBy(item, mergeKey) ?? []);
  if (directed.some((item) => item[patchDirective] === 'replace')) return plain.map(withoutDirectives);
  const merged = original.filter((existing) => {
    if (gone.length === 0) return true;
    const id = idOfItem(existing, mergeKey);
    return !gone.some((one) => jsonEqual(one, id));
  });
  for (const item of plain) {
    const id = idOfItem(item, mergeKey);
    const at = merged.findIndex((existing) => jsonEqual(idOfItem(existing, mergeKey), id));
    if (at < 0) merged.push(withoutDirectives(item));
    else merged[at] = mergeMap(merged[at] as JsonObject, item, items);
  }
  return merged;
}

/** The key of the item that a patch's item deletes; undefined if it deletes none. Throws for an invalid directive. */
function deletedBy(item: JsonObject, mergeKey: string): readonly [id: unknown] | undefined {
  const directive = item[patchDirective];
  if (directive === 'delete') return [idOfItem(item, mergeKey)];
  if (directive === 'replace') return undefined;
  if (directive === 'merge') throw unclassifiedPatchProblem('merging lists cannot yet be specified in the patch');
  throw unknownDirective(item);
}

/** The additions of a patch, without directives, deletions and nulls. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value
      .filter(
        (item) => !(isJsonObject(item) && (item[patchDirective] === 'delete' || item[patchDirective] === 'replace')),
      )
      .map(withoutDirectives);
  }
  if (!isJsonObject(value)) return value;
  const out: JsonObject = {};
  for (const [key, member] of Object.entries(value)) {
    if (member !== null && !isDirective(key)) setMember(out, key, withoutDirectives(member));
  }
  return out;
}
