import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type JsonObject, problemText } from '@typernetes/machinery';
import { coerceEmbedded, embeddedProblems } from './embedded-objects.ts';
import type { StructuralSchema } from './structural-schema.ts';

const embedded: StructuralSchema = {
  type: 'object',
  'x-kubernetes-embedded-resource': true,
  'x-kubernetes-preserve-unknown-fields': true,
};
const schema: StructuralSchema = {
  type: 'object',
  properties: {
    one: embedded,
    many: { type: 'array', items: embedded },
    named: { type: 'object', additionalProperties: embedded },
  },
};
const object = (metadata: unknown): JsonObject => ({ apiVersion: 'v1', kind: 'Pod', metadata, spec: { any: 1 } });

test('embedded objects keep only the metadata that all objects have', () => {
  const value: JsonObject = {
    one: object({ name: 'a', other: 1, labels: { x: 'y' } }),
    many: [object({ other: 1 }), { kind: 'Pod' }],
    named: { k: object({ annotations: {}, ownerReferences: [{ kind: 'X', odd: true }] }) },
  };
  assert.deepEqual(coerceEmbedded(value, schema), [
    'one.metadata.other',
    'many[0].metadata.other',
    'named[k].metadata.ownerReferences[0].odd',
  ]);
  assert.deepEqual(value.one, object({ name: 'a', labels: { x: 'y' } }));
  assert.deepEqual(value.many, [object({}), { kind: 'Pod' }]);
});

test('refuses malformed metadata, and drops it from stored objects', () => {
  const odd = (): JsonObject => ({ one: { ...object({ labels: { x: 1 } }), kind: 5 } });
  assert.throws(() => coerceEmbedded(odd(), schema), { message: 'one.kind: Invalid value: 5: must be a string' });
  const labels: JsonObject = { one: object({ labels: { x: 1 } }) };
  assert.throws(() => coerceEmbedded(labels, schema), {
    message:
      'one.metadata: Invalid value: {"labels":{"x":1}}: json: cannot unmarshal number into Go struct field ObjectMeta.labels of type string',
  });
  const stored = odd();
  coerceEmbedded(stored, schema, { dropsMisfits: true });
  assert.deepEqual(stored, { one: { apiVersion: 'v1', metadata: {}, spec: { any: 1 } } });
  const some: JsonObject = { one: object({ name: 'a', labels: { x: 1 }, annotations: { y: 'z' }, generation: '1' }) };
  coerceEmbedded(some, schema, { dropsMisfits: true });
  assert.deepEqual(some, { one: object({ name: 'a', annotations: { y: 'z' } }) });
  const none: JsonObject = { one: object(5) };
  coerceEmbedded(none, schema, { dropsMisfits: true });
  assert.deepEqual(none, { one: object(5) });
});

const problems: readonly [object: JsonObject, wants: readonly string[]][] = [
  [object({}), []],
  [object({ name: 'A_b', namespace: 'x' }), []],
  [{}, ['o.apiVersion: Required value: must not be empty', 'o.kind: Required value: must not be empty']],
  [
    { apiVersion: '', kind: '' },
    ['o.apiVersion: Invalid value: "": must not be empty', 'o.kind: Invalid value: "": must not be empty'],
  ],
  [
    { apiVersion: 'a/b/c', kind: 'Pod' },
    ['o.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c'],
  ],
  [
    { apiVersion: 'v1', kind: '-' },
    [
      `o.kind: Invalid value: "-": may have mixed case, but should otherwise match: a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')`,
    ],
  ],
  [object({ name: '..' }), [`o.metadata.name: Invalid value: "..": may not be '..'`]],
  [object({ generation: -1 }), ['o.metadata.generation: Invalid value: -1: must be greater than or equal to 0']],
];

for (const [value, wants] of problems)
  test(`an object ${JSON.stringify(value)} in a custom resource`, () =>
    assert.deepEqual([...embeddedProblems(value, 'o')].map(problemText), wants));
