import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anySchema, type FieldSchema, type JsonObject, type Schema, type StructSchema } from '../schema/schema.ts';
import { pruned } from './prune.ts';

const struct = (fields: Readonly<Record<string, Schema>>): StructSchema => ({
  kind: 'struct',
  goType: '',
  fields: new Map(Object.entries(fields).map(([name, schema]) => [name, { name, schema } as FieldSchema])),
  atomic: false,
});
const map: Schema = { kind: 'map', goType: '', values: anySchema, atomic: false };
const schema = struct({
  apiVersion: anySchema,
  kind: anySchema,
  metadata: struct({ name: anySchema, uid: anySchema, labels: map }),
  spec: struct({ host: anySchema, size: anySchema }),
});

test('what is converted on the way says which object it is, even when its applier owned all that is owned of its metadata', async () => {
  const asked: JsonObject[] = [];
  const object = {
    apiVersion: 'example.com/v2',
    kind: 'Port',
    metadata: { name: 'a', uid: 'u', labels: { l: 'x' } },
    spec: { host: 'b', size: 1 },
  };
  const labels = { 'f:labels': { 'f:l': {} } };
  const result = await pruned({
    merged: object,
    last: { apiVersion: 'example.com/v1', fields: { 'f:metadata': labels, 'f:spec': { 'f:host': {} } } } as never,
    managers: new Map([
      ['me', { apiVersion: 'example.com/v2', fields: { 'f:metadata': labels } }],
      ['other', { apiVersion: 'example.com/v3', fields: { 'f:spec': { 'f:size': {} } } }],
    ]) as never,
    versions: {
      schemaOf: () => schema,
      convert: async (objects, apiVersion) => {
        asked.push(...objects);
        return objects.map((one) => ({ ...one, apiVersion }));
      },
    },
    applier: { apiVersion: 'example.com/v2', schema },
  });
  for (const { metadata } of asked) assert.equal((metadata as { name?: string } | undefined)?.name, 'a');
  assert.deepEqual(result, { ...object, spec: { size: 1 } });
});
