import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApiObject } from '@typernetes/machinery';
import fc from 'fast-check';
import { cutManagedFields, dropManagedFields } from './managed-fields.ts';

const entries = [{ manager: 'a]}', fieldsV1: { 'f:spec': { 'k:{"name":"c\\\\"}': { '.': {} } } } }, { manager: 'b' }];
const line = (metadata: object, more: object = {}): string =>
  JSON.stringify({ type: 'MODIFIED', object: { kind: 'Pod', apiVersion: 'v1', metadata, ...more } });

test('cuts managed fields wherever they are in the metadata, and nothing else', () => {
  const template = { spec: { template: { metadata: { managedFields: entries } } }, managedFields: entries };
  for (const [metadata, left] of [
    [
      { name: 'p', managedFields: entries, uid: 'u' },
      { name: 'p', uid: 'u' },
    ],
    [{ managedFields: entries, name: 'p' }, { name: 'p' }],
    [{ name: 'p', managedFields: entries }, { name: 'p' }],
    [{ managedFields: entries }, {}],
    [{ name: 'p', generation: 1, annotations: { managedFields: 'x', b: '"managedFields":[' } }, undefined],
    [{}, undefined],
  ] as const)
    assert.equal(cutManagedFields(line(metadata, template)), line(left ?? metadata, template));
  for (const other of ['', '{}', '{"type":"ERROR","object":{"kind":"Status","metadata":{}}}', '{"type":"ADDED"'])
    assert.equal(cutManagedFields(other), other);
});

test('whatever the metadata contains, the rest stays unchanged', () => {
  const metadata = fc.dictionary(fc.string(), fc.jsonValue());
  fc.assert(
    fc.property(metadata, fc.jsonValue(), metadata, (before, managedFields, after) => {
      const cut = JSON.parse(cutManagedFields(line({ ...before, managedFields, ...after })));
      const { managedFields: _, ...left } = { ...before, ...after };
      assert.deepEqual(cut, JSON.parse(line(left)));
    }),
  );
});

test('removes them from a parsed object without copying it', () => {
  const object = { metadata: { name: 'p', managedFields: entries } } as unknown as ApiObject;
  dropManagedFields(object);
  assert.deepEqual(object, { metadata: { name: 'p' } });
});
