import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { jsonEqual } from '../json/equal.ts';
import { isJsonObject } from '../schema/schema.ts';
import { applyJsonPatch, type JsonPatchOperation, parseJsonPatch } from './json-patch.ts';
import { applyMergePatch, createMergePatch, createThreeWayJsonMergePatch } from './merge-patch.ts';

const document = { a: { b: [1, 2, 3] }, 'x/y': 1 };

const applied: [patch: JsonPatchOperation[], result: unknown][] = [
  [[{ op: 'add', path: '/c', value: 1 }], { ...document, c: 1 }],
  [[{ op: 'add', path: '/a/b/1', value: 9 }], { ...document, a: { b: [1, 9, 2, 3] } }],
  [[{ op: 'add', path: '/a/b/-', value: 9 }], { ...document, a: { b: [1, 2, 3, 9] } }],
  [[{ op: 'remove', path: '/x~1y' }], { a: { b: [1, 2, 3] } }],
  [[{ op: 'remove', path: '/a/b/-1' }], { ...document, a: { b: [1, 2] } }],
  [[{ op: 'replace', path: '/a/b/0', value: null }], { ...document, a: { b: [null, 2, 3] } }],
  [[{ op: 'move', from: '/a/b/0', path: '/first' }], { ...document, a: { b: [2, 3] }, first: 1 }],
  [[{ op: 'copy', from: '/a', path: '/c' }], { ...document, c: { b: [1, 2, 3] } }],
  [[{ op: 'test', path: '/a', value: { b: [1, 2, 3] } }], document],
  [[{ op: 'replace', path: '/n', value: 1 }], { ...document, n: 1 }],
  [[{ op: 'copy', from: '/n', path: '/c' }], { ...document, c: null }],
  [[{ op: 'test', path: '/n' }], document],
  [[{ op: 'replace', path: '/a/b/+1', value: 9 }], { ...document, a: { b: [1, 9, 3] } }],
];

for (const [patch, result] of applied) {
  test(`JSON patch ${JSON.stringify(patch[0])}`, () => assert.deepEqual(applyJsonPatch(document, patch), result));
}

const refused: [step: object, why: string][] = [
  [{ op: 'add', path: '/n/b', value: 1 }, 'add operation does not apply: doc is missing path: "/n/b": missing value'],
  [{ op: 'remove', path: '/n' }, "error in remove for path: '/n': Unable to remove nonexistent key: n: missing value"],
  [{ op: 'replace', path: '/a/b/3' }, 'replace operation does not apply: doc is missing key: /a/b/3: missing value'],
  [
    { op: 'add', path: '/a/b/x' },
    `error in add for path: '/a/b/x': value was not a proper array index: 'x': strconv.Atoi: parsing "x": invalid syntax`,
  ],
  [
    { op: 'add', path: '/a/b/-5' },
    "error in add for path: '/a/b/-5': Unable to access invalid index: -5: invalid index referenced",
  ],
  [{ op: 'remove', path: '/a/b/-' }, `error in remove for path: '/a/b/-': strconv.Atoi: parsing "-": invalid syntax`],
  [
    { op: 'copy', from: '/a/b/0', path: '/a/b/9' },
    'error while adding value during copy: Unable to access invalid index: 9: invalid index referenced',
  ],
  [
    { op: 'move', from: '/a/b/0', path: '/n/0' },
    'move operation does not apply: doc is missing destination path: /n/0: missing value',
  ],
  [
    { op: 'move', from: '/n', path: '/a' },
    "error in move for path: 'n': Unable to remove nonexistent key: n: missing value",
  ],
  [{ op: 'add' }, 'add operation failed to decode path: missing value'],
  [{ op: 'replace' }, 'replace operation failed to decode path: operation missing path field: missing value'],
  [{ op: 'copy', path: '/a' }, 'copy operation failed to decode from: operation, missing from field: missing value'],
  [
    { op: 'test', path: 5 },
    'test operation failed to decode path: json: cannot unmarshal number into Go value of type string',
  ],
  [{ op: 5, path: '/a' }, 'Unexpected kind: unknown'],
  [{ op: 'test', path: '/a', value: 1 }, 'testing value /a failed: test failed'],
  [{ op: 'test', path: '/n/b', value: null }, 'test operation does not apply: is missing path: /n/b: missing value'],
  [{ op: 'test', path: 'a', value: 1 }, 'test operation does not apply: is missing path: a: missing value'],
  [{ op: 'add', path: '', value: {} }, 'add operation does not apply: doc is missing path: "": missing value'],
  [{ op: 'add', path: 'a', value: 1 }, 'add operation does not apply: doc is missing path: "a": missing value'],
  [{ op: 'replace', path: 'a', value: 1 }, 'replace operation does not apply: doc is missing path: a: missing value'],
  [{ op: 'copy', from: '', path: '/b' }, 'copy operation does not apply: doc is missing from path: : missing value'],
  [{ op: 'grow', path: '/a' }, 'Unexpected kind: grow'],
];

for (const [step, why] of refused) {
  test(`JSON patch ${JSON.stringify(step)} does not apply`, () => {
    assert.throws(() => applyJsonPatch(document, [step as JsonPatchOperation]), {
      code: 422,
      message: 'the server rejected our request due to an error in our request',
      cause: new Error(why),
    });
  });
}

test('a JSON patch has a limit', () => {
  const steps = Array.from({ length: 10_001 }, () => ({ op: 'test', path: '' }));
  assert.throws(() => parseJsonPatch(steps), {
    code: 413,
    message: 'Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001',
  });
  assert.throws(() => parseJsonPatch({}), { code: 400 });
});

test('a merge patch removes by null and replaces lists', () => {
  assert.deepEqual(applyMergePatch({ a: 1, b: { c: [1], d: 2 } }, { a: null, b: { c: [2] }, e: { f: null } }), {
    b: { c: [2], d: 2 },
    e: {},
  });
});

test('a merge patch drops nulls from objects in lists', () => {
  const list = [{ a: null, b: [[{ c: null }]] }, null];
  assert.deepEqual(applyMergePatch({}, { l: list }), { l: [{ b: [[{}]] }, null] });
  assert.deepEqual(applyMergePatch({ l: [1] }, { l: list }), { l: [{ b: [[{}]] }, null] });
  assert.deepEqual(applyMergePatch({}, { o: { l: list } }), { o: { l: [{ b: [[{}]] }, null] } });
  // Upstream does not look into what takes the place of an object.
  assert.deepEqual(applyMergePatch({ l: { x: 1 } }, { l: list }), { l: list });
});

test('a three-way merge patch keeps what others have set', () => {
  const patch = createThreeWayJsonMergePatch({
    original: { spec: { a: 1, b: 2 } },
    modified: { spec: { a: 3 } },
    current: { spec: { a: 1, b: 2, c: 3 }, status: {} },
  });
  assert.deepEqual(patch, { spec: { a: 3, b: null } });
});

const json = fc.letrec((tie) => ({
  object: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), tie('value'), { maxKeys: 4, depthIdentifier: 'json' }),
  value: fc.oneof({ depthIdentifier: 'json', maxDepth: 3 }, fc.integer(), fc.array(fc.integer()), tie('object')),
}));

test('a merge patch turns one document into the other', () => {
  fc.assert(
    fc.property(json.object, json.object, (from, to) => {
      if (!isJsonObject(from) || !isJsonObject(to)) return false;
      return jsonEqual(applyMergePatch(from, createMergePatch(from, to)), to);
    }),
  );
});
