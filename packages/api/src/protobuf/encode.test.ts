import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeProtobuf, encodeProtobuf } from './envelope.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test('writes zero values of non-optional fields in ascending order, as upstream does', () => {
  const metadata = [
    '0a0177', // name: "w"
    '1200', // generateName: ""
    '1a00', // namespace: ""
    '2200', // selfLink: ""
    '2a00', // uid: ""
    '3200', // resourceVersion: ""
    '3800', // generation: 0
    '4200', // creationTimestamp: none
  ].join('');
  const size = (of: string): string => (of.length / 2).toString(16).padStart(2, '0');
  // An empty spec, and a status with an empty phase.
  const raw = `0a${size(metadata)}${metadata}12001a020a00`;
  const typeMeta = `0a0276311209${hex(Buffer.from('Namespace'))}`;
  assert.equal(
    hex(encodeProtobuf({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'w' } } as never)),
    `6b3873000a${size(typeMeta)}${typeMeta}12${size(raw)}${raw}1a002200`,
  );
});

test('encodes schemas with alternatives (a schema or something simpler)', () => {
  const schema = {
    type: 'object',
    additionalProperties: false,
    properties: {
      one: { additionalProperties: { type: 'string' }, items: { type: 'integer' } },
      many: { items: [{ type: 'string' }, { type: 'integer' }], default: { a: [1, null] }, enum: ['x', 2] },
    },
    dependencies: { one: ['many'], many: { type: 'object' } },
  };
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'x' },
    spec: { versions: [{ name: 'v1', served: true, storage: false, schema: { openAPIV3Schema: schema } }] },
  };
  const { spec } = decodeProtobuf(encodeProtobuf(definition)) as typeof definition;
  assert.deepEqual(spec.versions[0]?.schema.openAPIV3Schema, schema);
});

test('a failed encoding leaves nothing behind for the next one', () => {
  const service = (port: unknown) =>
    ({ apiVersion: 'v1', kind: 'Service', metadata: { name: 's' }, spec: { ports: [{ port }] } }) as never;
  const before = hex(encodeProtobuf(service(80)));
  assert.throws(() => encodeProtobuf(service('eighty')));
  assert.equal(hex(encodeProtobuf(service(80))), before);
});

test('huge texts, negative and large numbers survive', () => {
  const object = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'x', generation: 2 ** 53 - 1, deletionGracePeriodSeconds: -30 },
    data: { big: 'ü'.repeat(300_000), '': 'empty key', __proto__x: '' },
    binaryData: { b: btoa('\0\u00ff') },
  };
  assert.deepEqual(decodeProtobuf(encodeProtobuf(object)), object);
  const most = {
    ...object,
    metadata: { name: 'x', generation: 9223372036854775807n, deletionGracePeriodSeconds: -9007199254740993n },
  };
  assert.deepEqual(decodeProtobuf(encodeProtobuf(most as never)), most);
});
