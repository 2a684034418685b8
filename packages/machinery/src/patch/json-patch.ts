import { WrittenNumber } from '../exact-json.ts';
import { jsonEqual } from '../json/equal.ts';
import { jsonKind } from '../schema/decode.ts';
import { isJsonObject } from '../schema/schema.ts';
import { StatusError } from '../status-error.ts';
import { failedTest, inapplicablePatch, malformedPatch } from './patch-errors.ts';

/** One step of an RFC 6902 patch. */
export interface JsonPatchOperation {
  readonly op: 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test';
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

/** More operations than this are refused, as upstream does, to bound the work of a request. */
const maxOperations = 10_000;

/** Checks that a parsed document is a patch. Throws BadRequest or RequestEntityTooLarge. */
export function parseJsonPatch(document: unknown): readonly JsonPatchOperation[] {
  if (!Array.isArray(document))
    throw malformedPatch(`json: cannot unmarshal ${jsonKind(document)} into Go value of type jsonpatch.Patch`);
  if (document.length > maxOperations) {
    const why = `The allowed maximum operations in a JSON patch is ${maxOperations}, got ${document.length}`;
    throw new StatusError('RequestEntityTooLarge', `Request entity too large: ${why}`);
  }
  for (const step of document) {
    if (step === null) continue;
    if (!isJsonObject(step))
      throw malformedPatch(`json: cannot unmarshal ${jsonKind(step)} into Go value of type jsonpatch.Operation`);
  }
  return document as JsonPatchOperation[];
}

/**
 * The document after all operations. The input stays as it is; parts of it may be shared with the result. What upstream's library takes beyond the RFC is
 * taken: `replace`, `copy` and `test` of a member that is not there, indices from the end of a list.
 */
export function applyJsonPatch(document: unknown, patch: readonly JsonPatchOperation[]): unknown {
  let root = structuredClone(document);
  for (const step of patch) root = applyStep(root, step ?? {});
  return root;
}

function applyStep(root: unknown, step: JsonPatchOperation): unknown {
  const { op } = step;
  const value = (): unknown => ownCopy(step.value ?? null);
  switch (op) {
    case 'add': {
      const path = plainPathOf(step);
      const at = `error in add for path: '${path}': `;
      insert(placeOf(root, path) ?? missing(`add operation does not apply: doc is missing path: "${path}"`), {
        value: value(),
        at,
      });
      return root;
    }
    case 'remove': {
      const path = plainPathOf(step);
      const place = placeOf(root, path) ?? missing(`remove operation does not apply: doc is missing path: "${path}"`);
      cut(place, `error in remove for path: '${path}': `);
      return root;
    }
    case 'replace': {
      const path = memberOf(step, 'path');
      return path === '' ? value() : replace(root, { path, value: value() });
    }
    case 'move':
      return move(root, step);
    case 'copy':
      return copy(root, step);
    case 'test':
      return test(root, step);
    default:
      throw inapplicablePatch(`Unexpected kind: ${typeof op === 'string' ? op : 'unknown'}`);
  }
}

/** What later steps may change. */
function ownCopy(value: unknown): unknown {
  if (value instanceof WrittenNumber || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(ownCopy);
  const copy: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) setOwn(copy, { key, value: ownCopy(member) });
  return copy;
}

function replace(root: unknown, { path, value }: { path: string; value: unknown }): unknown {
  const { parent, key } =
    placeOf(root, path) ?? missing(`replace operation does not apply: doc is missing path: ${path}`);
  if (!Array.isArray(parent)) setOwn(parent, { key, value });
  else {
    const index = existingIndex(parent, key);
    if (typeof index === 'string') missing(`replace operation does not apply: doc is missing key: ${path}`);
    parent[index] = value;
  }
  return root;
}

function move(root: unknown, step: JsonPatchOperation): unknown {
  const from = memberOf(step, 'from');
  const place = placeOf(root, from) ?? missing(`move operation does not apply: doc is missing from path: ${from}`);
  const value = cut(place, `error in move for path: '${place.key}': `);
  const path = memberOf(step, 'path');
  const to = placeOf(root, path) ?? missing(`move operation does not apply: doc is missing destination path: ${path}`);
  insert(to, { value, at: `error in move for path: '${path}': ` });
  return root;
}

function copy(root: unknown, step: JsonPatchOperation): unknown {
  const from = memberOf(step, 'from');
  const place = placeOf(root, from) ?? missing(`copy operation does not apply: doc is missing from path: ${from}`);
  const value = read(place, `error in copy for from: '${from}': `) ?? null;
  const path = plainPathOf(step);
  const to = placeOf(root, path) ?? missing(`copy operation does not apply: doc is missing destination path: ${path}`);
  insert(to, { value: ownCopy(value), at: 'error while adding value during copy: ' });
  return root;
}

function test(root: unknown, step: JsonPatchOperation): unknown {
  const path = memberOf(step, 'path');
  const actual = path === '' ? root : valueToTest(root, path);
  if (!jsonEqual(actual, step.value ?? null)) throw failedTest(`testing value ${path} failed: test failed`);
  return root;
}

const valueToTest = (root: unknown, path: string): unknown =>
  read(
    placeOf(root, path) ?? missing(`test operation does not apply: is missing path: ${path}`),
    `error in test for path: '${path}': `,
  ) ?? null;

/** The target of a step; it describes what is wrong there. */
function memberOf(step: JsonPatchOperation, member: 'path' | 'from'): string {
  const value: unknown = step[member];
  if (typeof value === 'string') return value;
  const failed = `${step.op} operation failed to decode ${member}: `;
  if (value !== undefined && value !== null)
    throw inapplicablePatch(`${failed}json: cannot unmarshal ${jsonKind(value)} into Go value of type string`);
  return missing(`${failed}operation${member === 'path' ? ' missing path field' : ', missing from field'}`);
}

/** The path of an operation for which all that is wrong with it is that it is missing. */
const plainPathOf = ({ op, path }: JsonPatchOperation): string =>
  typeof path === 'string' ? path : missing(`${op} operation failed to decode path`);

function missing(what: string): never {
  throw inapplicablePatch(`${what}: missing value`);
}

type Container = unknown[] | Record<string, unknown>;

/** What holds the last key of a path. */
interface Place {
  readonly parent: Container;
  readonly key: string;
}

/** `~1` is a slash and `~0` a tilde. */
const keysOf = (path: string): string[] =>
  path
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));

const isContainer = (value: unknown): value is Container =>
  typeof value === 'object' && value !== null && !(value instanceof WrittenNumber);

/** Undefined where the way there is missing. */
function placeOf(root: unknown, path: string): Place | undefined {
  const keys = keysOf(path);
  const key = keys.pop();
  if (key === undefined) return undefined;
  let at: unknown = root;
  for (const step of keys) {
    if (!isContainer(at)) return undefined;
    at = Array.isArray(at) ? at[existingIndex(at, step) as number] : ownValue(at, step);
  }
  return isContainer(at) ? { parent: at, key } : undefined;
}

const ownValue = (object: Record<string, unknown>, key: string): unknown =>
  Object.hasOwn(object, key) ? object[key] : undefined;

/** An item's index, or what is wrong with it. */
const existingIndex = (list: readonly unknown[], key: string): number | string => indexBelow(list.length, key);

/** Negative ones count from the end. */
function indexBelow(end: number, key: string): number | string {
  const given = goInteger(key);
  if (typeof given === 'string') return given;
  const index = given < 0 ? given + end : given;
  return index >= 0 && index < end ? index : `Unable to access invalid index: ${given}: invalid index referenced`;
}

/** As `strconv.Atoi` reads it, or what that says. */
function goInteger(text: string): number | string {
  const parsing = `strconv.Atoi: parsing ${JSON.stringify(text)}: `;
  if (!/^[-+]?\d+$/.test(text)) return `${parsing}invalid syntax`;
  const value = BigInt(text.replace('+', ''));
  return BigInt.asIntN(64, value) === value ? Number(value) : `${parsing}value out of range`;
}

/** Adds a member, or an item before the one at that index; `at` stands before what is wrong. */
function insert({ parent, key }: Place, { value, at }: { value: unknown; at: string }): void {
  if (!Array.isArray(parent)) setOwn(parent, { key, value });
  else if (key === '-') parent.push(value);
  else {
    const index = indexBelow(parent.length + 1, key);
    if (typeof index === 'string') {
      const improper = index.startsWith('strconv') ? `value was not a proper array index: '${key}': ` : '';
      throw inapplicablePatch(`${at}${improper}${index}`);
    }
    parent.splice(index, 0, value);
  }
}

/** Also sets members named `__proto__`, which an assignment would not. */
function setOwn(object: Record<string, unknown>, { key, value }: { key: string; value: unknown }): void {
  Object.defineProperty(object, key, { value, configurable: true, enumerable: true, writable: true });
}

/** Takes a member or an item out. */
function cut({ parent, key }: Place, at: string): unknown {
  if (Array.isArray(parent)) {
    const index = existingIndex(parent, key);
    if (typeof index === 'string') throw inapplicablePatch(at + index);
    return parent.splice(index, 1)[0];
  }
  if (!Object.hasOwn(parent, key)) missing(`${at}Unable to remove nonexistent key: ${key}`);
  const value = parent[key];
  delete parent[key];
  return value;
}

/** Undefined for a member that is not there; a list has to have the item. */
function read({ parent, key }: Place, at: string): unknown {
  if (!Array.isArray(parent)) return ownValue(parent, key);
  const index = existingIndex(parent, key);
  if (typeof index === 'string') throw inapplicablePatch(at + index);
  return parent[index];
}
