import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CachedObject, encodeStored, encodingOf } from '../cache/cached-object.ts';
import { builtInResources } from '../registry/resources.ts';
import { wholeBody } from '../request/body-pieces.ts';
import { formOf } from './encode.ts';
import type { OutputOptions } from './output-options.ts';
import { isRows, rowsReply } from './row-writer.ts';
import { tableOf } from './table.ts';

const served = builtInResources.find(({ type }) => type.plural === 'configmaps');
assert.ok(served);
const encoding = encodingOf({ apiVersion: 'v1', kind: 'ConfigMap' });
const objects = ['a', 'b', 'c'].map((name, i) => {
  const object = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name,
      namespace: 'default',
      creationTimestamp: '2026-01-01T00:00:00Z',
      annotations: { 'a"}{\\': 'ä"}\\" { [', plain: '}}}' },
      managedFields: [{ fieldsV1: { 'f:data': { 'k:{"x":"}"}': {} } } }],
    },
    data: { [name]: '{"metadata":{}}' },
  };
  return CachedObject.of(encoding, encodeStored(encoding, object as never), 7 + i);
});
const metadata = { resourceVersion: '42' };
const now = Date.UTC(2026, 0, 2);

const optionsOf = (representation: object, includeObject: OutputOptions['includeObject'] = 'Metadata'): OutputOptions =>
  ({ representation, includeObject, pretty: false, now }) as OutputOptions;
const parsedReply = (of: readonly CachedObject[], options: OutputOptions): unknown =>
  JSON.parse(Buffer.from(wholeBody(rowsReply(served, of, metadata, options)) ?? []).toString());

test('a table made from bytes equals one made from objects', () => {
  for (const includeObject of ['None', 'Metadata', 'Object'] as const)
    for (const some of [objects, []]) {
      const options = optionsOf({ format: 'json', as: 'Table', version: 'v1' }, includeObject);
      assert.ok(isRows(options));
      const parsed = some.map(({ object }) => object);
      const expected = tableOf(served.printer, parsed, metadata, { now, version: 'v1', includeObject, columns: true });
      assert.deepEqual(parsedReply(some, options), JSON.parse(JSON.stringify(expected)));
    }
});

test('so does a list of metadata', () => {
  const options = optionsOf({ format: 'json', as: 'PartialObjectMetadataList', version: 'v1beta1' });
  const single = optionsOf({ format: 'json', as: 'PartialObjectMetadata', version: 'v1beta1' });
  assert.deepEqual(parsedReply(objects, options), {
    kind: 'PartialObjectMetadataList',
    apiVersion: 'meta.k8s.io/v1beta1',
    metadata,
    items: objects.map(({ object }) => JSON.parse(JSON.stringify(formOf(served, object, single)))),
  });
});

test('as upstream, an empty list of metadata is null', () => {
  const options = optionsOf({ format: 'json', as: 'PartialObjectMetadataList', version: 'v1' });
  const empty = { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata, items: null };
  assert.deepEqual(parsedReply([], options), empty);
});

test('formats other than plain JSON take the general path', () => {
  assert.ok(!isRows(optionsOf({ format: 'yaml', as: 'Table', version: 'v1' })));
  assert.ok(!isRows({ ...optionsOf({ format: 'json', as: 'Table', version: 'v1' }), pretty: true }));
  assert.ok(!isRows(optionsOf({ format: 'json', as: 'Object', version: 'v1' })));
});
