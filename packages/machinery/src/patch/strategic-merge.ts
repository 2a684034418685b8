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
import { ordered } from './ordering.ts';
import { contradictoryPatch, inapplicablePatch, malformedPatch, unclassifiedPatchProblem } from './patch-errors.ts';
import {
  deleteFromPrimitiveListPrefix,
  isDirective,
  patchDirective,
  retainKeysDirective,
  setElementOrderPrefix,
} from './strategic-directives.ts';

/** The document after a strategic merge patch: lists merge as their fields' schema says. Nothing is changed in place. */
export function applyStrategicMergePatch(document: JsonObject, patch: JsonObject, schema: Schema): JsonObject {
  return mergeMap(document, patch, schema);
}

function mergeMap(original: JsonObject, patch: JsonObject, schema: Schema): JsonObject {
  const directive = patch[patchDirective];
  if (directive !== undefined) {
    if (directive === 'replace') return withoutDirectives(patch) as JsonObject;
    if (directive === 'delete') return {};
    if (directive !== 'merge')
      throw unclassifiedPatchProblem(`unknown patch type: ${directiveText(directive)} in map: ${goMap(patch)}`);
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
  if (!Array.isArray(keys)) throw malformedPatch('invalid patch format of retainKeys list');
  for (const [key, value] of Object.entries(patch)) {
    if (value !== null && !isDirective(key) && !keys.includes(key))
      throw inapplicablePatch("patch content doesn't match retainKeys list");
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
  if (isJsonObject(value) && isJsonObject(original)) {
    return strategy.includes('replace') ? withoutDirectives(value) : mergeMap(original, value, member);
  }
  const isList = Array.isArray(value) || (value === undefined && Array.isArray(original));
  if (isList && strategy.includes('merge') && (original === undefined || Array.isArray(original))) {
    return mergeList((original as unknown[] | undefined) ?? [], {
      items: member.kind === 'list' ? member.items : anySchema,
      mergeKey: field?.patchMergeKey,
      patch: (value as unknown[] | undefined) ?? [],
      order: listOf(patch, setElementOrderPrefix + key),
      deletions: listOf(patch, deleteFromPrimitiveListPrefix + key),
    });
  }
  return value === undefined ? original : withoutDirectives(value);
}

function listOf(patch: JsonObject, key: string): readonly unknown[] | undefined {
  const list = patch[key];
  if (list === undefined || list === null) return undefined;
  if (!Array.isArray(list)) throw malformedPatch(`invalid patch format of ${key.split('/')[0]} list`);
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

/** A text as it is; of other values Go says that it did not expect them. */
function directiveText(value: unknown): string {
  if (typeof value === 'string') return value;
  const type = typeof value === 'boolean' ? 'bool' : Number.isInteger(value) ? 'int64' : 'float64';
  return `%!s(${type}=${String(value)})`;
}

/** How upstream prints a value in an error. */
function goMap(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goMap).join(' ')}]`;
  if (!isJsonObject(value)) return value === null ? '<nil>' : String(value);
  const members = Object.keys(value).sort();
  return `map[${members.map((key) => `${key}:${goMap(value[key])}`).join(' ')}]`;
}

/** What a patch adds or changes is named by its order, in that order. */
function checkOrder(patch: readonly unknown[], order: readonly unknown[], mergeKey: string | undefined): void {
  if (patch.length === 0 || order.length === 0) return;
  const idOf = (item: unknown): unknown => (mergeKey === undefined ? item : idOfItem(item, mergeKey));
  const wanted = patch.filter((item) => !(isJsonObject(item) && patchDirective in item)).map(idOf);
  let next = 0;
  for (const item of order) if (next < wanted.length && jsonEqual(idOf(item), wanted[next])) next++;
  if (next < wanted.length) throw contradictoryPatch(goMap(patch), goMap(order));
}

function mergeItems(original: readonly unknown[], list: ListPatch, mergeKey: string): unknown[] {
  const { patch, items } = list;
  const replaces = patch.some((item) => isJsonObject(item) && item[patchDirective] === 'replace');
  if (replaces) {
    return patch.filter((item) => !(isJsonObject(item) && patchDirective in item)).map(withoutDirectives);
  }
  const merged = [...original];
  for (const item of patch) {
    if (!isJsonObject(item))
      throw unclassifiedPatchProblem(`list element types are not identical: ${goMap([original, patch])}`);
    const id = idOfItem(item, mergeKey);
    const at = merged.findIndex((existing) => jsonEqual(idOfItem(existing, mergeKey), id));
    if (item[patchDirective] === 'delete') {
      if (at >= 0) merged.splice(at, 1);
      continue;
    }
    if (at < 0) merged.push(withoutDirectives(item));
    else merged[at] = mergeMap(merged[at] as JsonObject, item, items);
  }
  return merged;
}

/** What a patch adds, free of directives, of items to delete and of nulls. */
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
