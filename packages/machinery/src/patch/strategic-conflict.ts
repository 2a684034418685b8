import { jsonEqual } from '../json/equal.ts';
import { anySchema, isJsonObject, type JsonObject, memberSchema, ownMember, type Schema } from '../schema/schema.ts';
import type { ThreeWay } from './merge-patch.ts';
import { createStrategicPatch, createThreeWayStrategicPatch } from './strategic-diff.ts';
import { patchDirective, retainKeysDirective } from './strategic-directives.ts';

/** What a client-side apply wants, and what somebody else has changed since the last one, as patches. */
export interface StrategicConflict {
  readonly wanted: JsonObject;
  readonly changed: JsonObject;
}

/** Both patches where they want different things of one member, by the rules that upstream's apply has for that. */
export function strategicConflict(states: ThreeWay, schema: Schema): StrategicConflict | undefined {
  const wanted = createThreeWayStrategicPatch(states, schema);
  const changed = createStrategicPatch(states.original ?? {}, states.current, { schema, ordered: false });
  const isConflict = membersConflict(wanted, changed, { schema, strategy: undefined, mergeKey: undefined });
  return isConflict ? { wanted, changed } : undefined;
}

interface Shape {
  readonly schema: Schema;
  readonly strategy: 'merge' | 'replace' | undefined;
  readonly mergeKey: string | undefined;
}

function membersConflict(left: unknown, right: unknown, shape: Shape): boolean {
  if (Array.isArray(left)) return !Array.isArray(right) || listsConflict(left, right, shape);
  if (!isJsonObject(left)) return !jsonEqual(left, right);
  if (!isJsonObject(right)) return true;
  // What deletes or replaces all of an object stands against what changes parts of it.
  if (left[patchDirective] !== right[patchDirective]) return true;
  if (shape.strategy === 'replace') return false;
  return Object.keys(left).some((key) => {
    if (key === patchDirective || key === retainKeysDirective || !Object.hasOwn(right, key)) return false;
    return membersConflict(ownMember(left, key), ownMember(right, key), shapeOf(shape.schema, key));
  });
}

function shapeOf(schema: Schema, key: string): Shape {
  const field = schema.kind === 'struct' ? schema.fields.get(key) : undefined;
  const strategies = field?.patchStrategy ?? [];
  return {
    schema: memberSchema(schema, key) ?? anySchema,
    strategy: strategies.includes('merge') ? 'merge' : strategies.includes('replace') ? 'replace' : undefined,
    mergeKey: field?.patchMergeKey,
  };
}

function listsConflict(left: readonly unknown[], right: readonly unknown[], { schema, strategy, mergeKey }: Shape) {
  const item: Shape = {
    schema: schema.kind === 'list' ? schema.items : anySchema,
    strategy: undefined,
    mergeKey: undefined,
  };
  if (strategy === 'merge') {
    // Lists of plain values are merged whatever they have.
    if (mergeKey === undefined || ![...left, ...right].some(isJsonObject)) return false;
    const theirs = new Map(right.filter(isJsonObject).map((one) => [one[mergeKey], one]));
    return left.filter(isJsonObject).some((one) => {
      const other = theirs.get(one[mergeKey]);
      return other !== undefined && membersConflict(one, other, item);
    });
  }
  if (left.length !== right.length) return true;
  const [mine, theirs] = [left, right].map((list) => (list.some(isJsonObject) ? list : inOrder(list)));
  return mine!.some((one, i) => membersConflict(one, theirs?.[i], item));
}

/** Plain values once each, in an order that is the same for both lists. */
const inOrder = (list: readonly unknown[]): unknown[] =>
  [...new Map(list.map((value) => [String(value), value]))]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, value]) => value);
