import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ApiObject, problemText } from '@typernetes/machinery';
import { customShape } from '../custom-shape.ts';
import type { StructuralSchema } from './structural-schema.ts';
import { valueProblems } from './value-problems.ts';

const texts = (value: unknown, schema: StructuralSchema): string[] =>
  [...valueProblems(value, schema, { path: 'spec' })].map(problemText);

test('a null that is not allowed counts as not said, unless there is a default for it', () => {
  const schema: StructuralSchema = {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        properties: {
          gone: { type: 'string' },
          filled: { type: 'integer', default: 3 },
          kept: { type: 'string', nullable: true },
          anything: { 'x-kubernetes-preserve-unknown-fields': true },
          list: { type: 'array', items: { type: 'object', properties: { gone: { type: 'string' } } } },
          map: { type: 'object', additionalProperties: { type: 'string' } },
        },
      },
    },
  };
  const spec = { gone: null, filled: null, kept: null, anything: null, list: [{ gone: null }, null], map: { a: null } };
  const object = { metadata: { name: 'x' }, spec } as unknown as ApiObject;
  customShape(schema).applyDefaults(object);
  assert.deepEqual(object, { metadata: { name: 'x' }, spec: { filled: 3, kept: null, list: [{}, null], map: {} } });
});

test('an enumeration has to name the null that is allowed', () => {
  const schema: StructuralSchema = { type: 'string', nullable: true, enum: ['a'] };
  assert.deepEqual(texts(null, schema), ['spec: Unsupported value: null: supported values: "a"']);
  assert.deepEqual(texts(null, { ...schema, enum: ['a', null] }), []);
});

test('a fraction is cut before it is looked for among whole numbers, as upstream does', () => {
  const schema: StructuralSchema = { type: 'number', enum: [0, 2, 3.5] };
  for (const value of [0.5, 2.9, 3.5, 2]) assert.deepEqual(texts(value, schema), [], String(value));
  for (const value of [1, 1.5, 3.7, 3]) assert.equal(texts(value, schema).length, 1, String(value));
});

test('an object with too many members is not looked at further', () => {
  const schema: StructuralSchema = {
    type: 'object',
    maxProperties: 1,
    additionalProperties: { type: 'string', pattern: '^x' },
  };
  assert.deepEqual(texts({ a: 'b', c: 'd' }, schema), ['spec: Too many: 2: must have at most 1 item']);
  assert.equal(texts({ a: 'b' }, schema).length, 1);
});
