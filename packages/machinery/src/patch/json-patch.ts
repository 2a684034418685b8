import { WrittenNumber } from '../exact-json.ts';
import { jsonKind } from '../schema/decode.ts';
import { isJsonObject } from '../schema/schema.ts';
import { StatusError } from '../status-error.ts';
import { jsonEqual } from './equal.ts';
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

/** The document after all operations. The input is not changed, but may share parts with the result. */
export function applyJsonPatch(document: unknown, patch: readonly JsonPatchOperation[]): unknown {
  let root = structuredClone(document);
  for (const step of patch) {
    if (step === null) throw inapplicablePatch('Unexpected kind: unknown');
    root = applyStep(root, step);
  }
  return root;
}

function applyStep(root: unknown, step: JsonPatchOperation): unknown {
  const { op, path } = step;
  if (typeof path !== 'string') throw inapplicablePatch(`${op} operation does not apply: missing path`);
  switch (op) {
    case 'add':
      return add(root, { path, value: ownCopy(step.value ?? null) }, op);
    case 'remove':
      return remove(root, path, op).root;
    case 'replace':
      return replace(root, { path, value: ownCopy(step.value ?? null) });
    case 'move': {
      const removed = remove(root, fromOf(step), op);
      return add(removed.root, { path, value: removed.value }, op);
    }
    case 'copy':
      return add(root, { path, value: ownCopy(read(root, fromOf(step), op)) }, op);
    case 'test':
      if (path !== '' && !parentOf(root, keysOf(path)))
        throw inapplicablePatch(`test operation does not apply: is missing path: ${path}: missing value`);
      if (!jsonEqual(readOrAbsent(root, path), step.value ?? null)) {
        throw failedTest(`testing value ${path} failed: test failed`);
      }
      return root;
    default:
      throw inapplicablePatch(`Unexpected kind: ${String(op)}`);
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

function fromOf(step: JsonPatchOperation): string {
  if (typeof step.from !== 'string') throw inapplicablePatch(`${step.op} operation does not apply: missing from path`);
  return step.from;
}

type Container = unknown[] | Record<string, unknown>;

/** `~1` is a slash and `~0` a tilde. */
const keysOf = (path: string): string[] =>
  path
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));

const isContainer = (value: unknown): value is Container =>
  typeof value === 'object' && value !== null && !(value instanceof WrittenNumber);

/** The container of the last key of a path; undefined if the path to it does not exist. */
function parentOf(root: unknown, keys: readonly string[]): Container | undefined {
  if (keys.length === 0) return undefined;
  let at: unknown = root;
  for (const key of keys.slice(0, -1)) {
    if (!isContainer(at)) return undefined;
    at = Array.isArray(at) ? at[existingIndex(at, key) ?? -1] : ownValue(at, key);
  }
  return isContainer(at) ? at : undefined;
}

const ownValue = (object: Record<string, unknown>, key: string): unknown =>
  Object.hasOwn(object, key) ? object[key] : undefined;

/** Negative indices count from the end. */
function existingIndex(list: readonly unknown[], key: string): number | undefined {
  if (!/^-?\d+$/.test(key)) return undefined;
  const index = Number(key) < 0 ? Number(key) + list.length : Number(key);
  return index >= 0 && index < list.length ? index : undefined;
}

function add(root: unknown, { path, value }: { path: string; value: unknown }, op: string): unknown {
  const keys = keysOf(path);
  const parent = parentOf(root, keys);
  const key = keys.at(-1)!;
  if (parent === undefined) {
    throw inapplicablePatch(`${op} operation does not apply: doc is missing path: "${path}": missing value`);
  }
  if (!Array.isArray(parent)) {
    setOwn(parent, { key, value });
    return root;
  }
  if (key === '-') {
    parent.push(value);
    return root;
  }
  const index = insertionIndex(parent, key);
  if (index === undefined) {
    const why = `Unable to access invalid index: ${key}: invalid index referenced`;
    throw inapplicablePatch(`error in ${op} for path: '${path}': ${why}`);
  }
  parent.splice(index, 0, value);
  return root;
}

function insertionIndex(list: readonly unknown[], key: string): number | undefined {
  if (!/^-?\d+$/.test(key)) return undefined;
  const index = Number(key) < 0 ? Number(key) + list.length + 1 : Number(key);
  return index >= 0 && index <= list.length ? index : undefined;
}

/** Also sets members named `__proto__`, which an assignment would not. */
function setOwn(object: Record<string, unknown>, { key, value }: { key: string; value: unknown }): void {
  Object.defineProperty(object, key, { value, configurable: true, enumerable: true, writable: true });
}

function remove(root: unknown, path: string, op: string): { root: unknown; value: unknown } {
  const keys = keysOf(path);
  const key = keys.at(-1);
  const parent = key === undefined ? undefined : parentOf(root, keys);
  if (parent === undefined || key === undefined) {
    throw inapplicablePatch(`${op} operation does not apply: doc is missing path: "${path}": missing value`);
  }
  if (Array.isArray(parent)) {
    const index = existingIndex(parent, key);
    if (index === undefined) {
      const why = `Unable to access invalid index: ${key}: invalid index referenced`;
      throw inapplicablePatch(`error in ${op} for path: '${path}': ${why}`);
    }
    return { root, value: parent.splice(index, 1)[0] };
  }
  if (!Object.hasOwn(parent, key)) {
    throw inapplicablePatch(
      `error in ${op} for path: '${path}': Unable to remove nonexistent key: ${key}: missing value`,
    );
  }
  const value = parent[key];
  delete parent[key];
  return { root, value };
}

function replace(root: unknown, { path, value }: { path: string; value: unknown }): unknown {
  if (path === '') return value;
  const keys = keysOf(path);
  const parent = parentOf(root, keys);
  const key = keys.at(-1)!;
  if (parent === undefined) {
    throw inapplicablePatch(`replace operation does not apply: doc is missing path: ${path}: missing value`);
  }
  const index = Array.isArray(parent) ? existingIndex(parent, key) : undefined;
  if (Array.isArray(parent) ? index === undefined : !Object.hasOwn(parent, key)) {
    throw inapplicablePatch(`replace operation does not apply: doc is missing key: ${path}: missing value`);
  }
  if (Array.isArray(parent)) parent[index!] = value;
  else setOwn(parent, { key, value });
  return root;
}

function readOrAbsent(root: unknown, path: string): unknown {
  const keys = keysOf(path);
  if (keys.length === 0) return root;
  const parent = parentOf(root, keys);
  const key = keys.at(-1)!;
  if (parent === undefined) return null;
  return (Array.isArray(parent) ? parent[existingIndex(parent, key) ?? -1] : ownValue(parent, key)) ?? null;
}

function read(root: unknown, path: string, op: string): unknown {
  const keys = keysOf(path);
  const parent = parentOf(root, keys);
  const key = keys.at(-1) ?? '';
  const value = Array.isArray(parent) ? parent[existingIndex(parent, key) ?? -1] : parent && ownValue(parent, key);
  if (value === undefined) {
    throw inapplicablePatch(`${op} operation does not apply: doc is missing from path: ${path}: missing value`);
  }
  return value;
}
