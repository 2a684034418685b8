import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problemText } from '@typernetes/machinery';
import { customStrategy } from './custom-strategy.ts';
import type { StructuralSchema } from './schema/structural-schema.ts';

const spec: StructuralSchema = {
  type: 'object',
  required: ['size'],
  properties: {
    size: { type: 'integer', maximum: 10 },
    color: { type: 'string', enum: ['red', 'green'] },
    tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
  },
};
const rule = { rule: 'self.size != 3', message: 'is not a size' };
const strategyOf = (given: object = {}) =>
  customStrategy({ schema: { type: 'object', properties: { spec: { ...spec, ...given } } }, hasStatus: false });
const ruled = strategyOf({ 'x-kubernetes-validations': [rule] });
const object = (fields: object) =>
  ({ apiVersion: 'a.b/v1', kind: 'A', metadata: { name: 'a' }, spec: fields }) as never;
const created = (strategy: typeof ruled, fields: object): string[] =>
  (strategy.validate?.(object(fields), {} as never) ?? []).map(problemText);
const updated = (strategy: typeof ruled, fields: object, before: object): string[] =>
  (strategy.validateUpdate?.(object(fields), object(before), {} as never) ?? []).map(problemText);

const notChecked =
  '<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';

test("skips rules of values that do not have the schema's shape, and reports that", () => {
  assert.deepEqual(created(ruled, { size: 'x' }), [
    'spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"',
    notChecked,
  ]);
  assert.deepEqual(created(ruled, {}), ['spec.size: Required value', notChecked]);
  assert.deepEqual(created(ruled, { size: 1, color: 'blue' }), [
    'spec.color: Unsupported value: "blue": supported values: "red", "green"',
    notChecked,
  ]);
  assert.deepEqual(created(strategyOf(), {}), ['spec.size: Required value'], 'there are no rules');
});

test('checks rules together with simple value problems only', () => {
  assert.deepEqual(created(ruled, { size: 3, tags: ['a', 'a'] }), [
    'spec.tags[1]: Duplicate value: "a"',
    'spec: Invalid value: is not a size',
  ]);
  assert.deepEqual(created(strategyOf({ 'x-kubernetes-validations': [{ rule: 'self.size < 11' }] }), { size: 11 }), [
    'spec.size: Invalid value: 11: spec.size in body should be less than or equal to 10',
    'spec: Invalid value: failed rule: self.size < 11',
  ]);
});

test('existing duplicates in a set may stay', () => {
  assert.deepEqual(updated(ruled, { size: 2, tags: ['a', 'a'] }, { size: 1, tags: ['a', 'a'] }), []);
  assert.deepEqual(updated(ruled, { size: 2, tags: ['a', 'a'] }, { size: 1 }), ['spec.tags[1]: Duplicate value: "a"']);
});
