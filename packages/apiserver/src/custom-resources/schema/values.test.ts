import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ApiObject, problemText } from '@typernetes/machinery';
import { customShape } from '../custom-shape.ts';
import type { StructuralSchema } from './structural-schema.ts';
import { listTypeProblems, valueProblems } from './value-problems.ts';

const texts = (value: unknown, schema: StructuralSchema): string[] =>
  [...valueProblems(value, schema, { path: 'spec' })].map(problemText);

test('a null that is not allowed counts as missing, unless there is a default', () => {
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

test('a nullable enum must list null', () => {
  const schema: StructuralSchema = { type: 'string', nullable: true, enum: ['a'] };
  assert.deepEqual(texts(null, schema), ['spec: Unsupported value: null: supported values: "a"']);
  assert.deepEqual(texts(null, { ...schema, enum: ['a', null] }), []);
});

test('truncates a fraction before comparing it with integers, as upstream does', () => {
  const schema: StructuralSchema = { type: 'number', enum: [0, 2, 3.5] };
  for (const value of [0.5, 2.9, 3.5, 2]) assert.deepEqual(texts(value, schema), [], String(value));
  for (const value of [1, 1.5, 3.7, 3]) assert.equal(texts(value, schema).length, 1, String(value));
});

test('an object with too many members is not checked further', () => {
  const schema: StructuralSchema = {
    type: 'object',
    maxProperties: 1,
    additionalProperties: { type: 'string', pattern: '^x' },
  };
  assert.deepEqual(texts({ a: 'b', c: 'd' }, schema), ['spec: Too many: 2: must have at most 1 item']);
  assert.equal(texts({ a: 'b' }, schema).length, 1);
});

test('a value of the wrong type is still checked against enum and combinations', () => {
  const problems = (value: unknown, schema: StructuralSchema) => texts(value, schema);
  assert.deepEqual(problems(true, { type: 'string', enum: ['on', 'off'] }), [
    'spec: Invalid value: "boolean": spec in body must be of type string: "boolean"',
    'spec: Unsupported value: true: supported values: "on", "off"',
  ]);
  const either: StructuralSchema = {
    'x-kubernetes-int-or-string': true,
    anyOf: [{ type: 'integer' }, { type: 'string' }],
  };
  assert.deepEqual(problems(true, either), [
    'spec: Invalid value: "boolean": spec in body must be of type integer,string: "boolean"',
    '<nil>: Invalid value: "": "spec" must validate at least one schema (anyOf)',
    'spec: Invalid value: "boolean": spec in body must be of type integer: "boolean"',
  ]);
  assert.deepEqual(problems(2147483648.5, { type: 'number', maximum: 1 }), [
    'spec: Invalid value: 2.1474836485e+09: spec in body should be less than or equal to 1',
  ]);
});

test('items of keyed lists must be objects; the first that is not is reported', () => {
  const schema: StructuralSchema = {
    type: 'array',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['k'],
    items: { type: 'object', properties: { k: { type: 'string' } } },
  };
  assert.deepEqual([...listTypeProblems([null, 'a', 'a'], schema, 'spec')].map(problemText), [
    'spec[1]: Invalid value: "a": must be an object for an array of list-type map',
  ]);
});

/** Values that upstream's kube-apiserver accepted, and refused. */
const formats: Readonly<Record<string, readonly [taken: readonly string[], refused: readonly string[]]>> = {
  hostname: [
    ['a', '2020', 'a.bc', 'example.com', 'aGk=', 'ü'],
    ['a.b', '1.2.3.4', '2020-01-01', '-a', 'a.', 'a_b', 'aGk-', `${'a'.repeat(64)}.com`],
  ],
  duration: [
    ['1h', '1.5h', '1 d', '3 weeks', 'P1D', '550e8400-e29b-41d4-a716-446655440000'],
    ['', 'a', '2020', '1x'],
  ],
  ipv4: [
    ['1.2.3.4', '::ffff:1.2.3.4'],
    ['1.2.3', '01.2.3.4', '::1', '1.2.3.4/8'],
  ],
  ipv6: [
    ['::1', '::ffff:1.2.3.4'],
    ['1.2.3.4', '::1%eth0', '::/0'],
  ],
  byte: [['aGk='], ['', 'aGk', 'aGk-']],
  creditcard: [
    ['4111111111111111', '4111 1111 1111 1111'],
    ['9783161484100', '4111111111111112', ''],
  ],
  ssn: [['111-22-3333'], ['111223333', '']],
  rgbcolor: [
    ['rgb(1,2,3)', 'rgb( 255 , 0 , 99 )'],
    ['rgb(1, 2, 300)', 'rgb(01,2,3)'],
  ],
};

for (const [format, [taken, refused]] of Object.entries(formats))
  test(`texts of the format ${format}`, () => {
    const fits = (text: string): boolean => texts(text, { type: 'string', format }).length === 0;
    assert.deepEqual([taken.filter((text) => !fits(text)), refused.filter(fits)], [[], []]);
  });
