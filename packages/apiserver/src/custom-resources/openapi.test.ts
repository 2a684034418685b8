import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CustomResourceDefinition } from '@typernetes/api/apiextensions/v1';
import { customDocuments } from './openapi.ts';

const keeps = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

function published(openAPIV3Schema: object, dialect: 'v2' | 'v3'): Record<string, Record<string, unknown>> {
  const definition = {
    metadata: { name: 'foos.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'foos', kind: 'Foo', listKind: 'FooList' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } }],
    },
  } as unknown as CustomResourceDefinition;
  return customDocuments([definition], dialect).definitions as Record<string, Record<string, unknown>>;
}

test('describes the fields that every object has', () => {
  const { properties } = published({ type: 'object' }, 'v3')['com.example.v1.Foo'] ?? {};
  const { apiVersion, metadata } = properties as Record<string, { description: string }>;
  assert.match(apiVersion?.description ?? '', /^APIVersion defines/);
  assert.match(metadata?.description ?? '', /^Standard object's metadata/);
  const { description, properties: fields } =
    published({}, 'v3')['io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'] ?? {};
  assert.match(String(description), /^ObjectMeta is/);
  const { creationTimestamp } = fields as Record<string, { description: string }>;
  assert.match(creationTimestamp?.description ?? '', /^CreationTimestamp is a timestamp/);
});

test('version 2 omits the properties of an object that preserves unknown fields: clients would assume there are no others', () => {
  const schema = { type: 'object', properties: { spec: { ...keeps, properties: { a: { type: 'string' } } } } };
  const name = 'com.example.v1.Foo';
  assert.equal(published({ ...keeps, properties: schema.properties }, 'v2')[name]?.properties, undefined);
  const two = published(schema, 'v2')[name]?.properties as Record<string, unknown>;
  assert.deepEqual(two.spec, { 'x-kubernetes-preserve-unknown-fields': true });
  const three = published(schema, 'v3')[name]?.properties as Record<string, unknown>;
  assert.deepEqual(three.spec, schema.properties.spec);
});
