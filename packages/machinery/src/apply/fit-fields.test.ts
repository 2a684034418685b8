import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anySchema, type FieldSchema, type ListSchema, type Schema, type StructSchema } from '../schema/schema.ts';
import { fitFields } from './fit-fields.ts';

const struct = (fields: Readonly<Record<string, Schema>>, atomic = false): StructSchema => ({
  kind: 'struct',
  goType: '',
  fields: new Map(Object.entries(fields).map(([name, schema]) => [name, { name, schema } as FieldSchema])),
  atomic,
});
const list = (type: ListSchema['type'], items: Schema): ListSchema => ({
  kind: 'list',
  goType: '',
  items,
  type,
  keys: ['name'],
});

const owned = {
  'f:ports': { 'k:{"name":"a"}': { '.': {}, 'f:name': {}, 'f:tls': { 'f:key': {} } } },
  'f:selector': { '.': {}, 'f:app': {} },
  'f:gone': { 'f:x': {} },
};
const tls = { name: anySchema, tls: struct({ key: anySchema }) };

test('fields that fit the schema are the same set', () => {
  const schema = struct({ ports: list('map', struct(tls)), selector: struct({ app: anySchema }) });
  assert.equal(fitFields(owned, schema), owned);
  assert.equal(fitFields(owned, anySchema), owned);
});

test('a value that has become atomic is owned as a whole', () => {
  const inner = { ...tls, tls: struct({ key: anySchema }, true) };
  const schema = struct({ ports: list('map', struct(inner)), selector: struct({ app: anySchema }, true) });
  assert.deepEqual(fitFields(owned, schema), {
    'f:ports': { 'k:{"name":"a"}': { '.': {}, 'f:name': {}, 'f:tls': {} } },
    'f:selector': {},
    'f:gone': { 'f:x': {} },
  });
  assert.deepEqual(fitFields(owned, struct({ ports: list('atomic', struct(tls)) }))['f:ports'], {});
});
