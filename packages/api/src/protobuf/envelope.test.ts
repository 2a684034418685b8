import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeProtobuf, encodeProtobuf } from './envelope.ts';

/** A length-delimited field. */
const bytes = (number: number, value: string | Buffer): Buffer => {
  const body = Buffer.from(value);
  return Buffer.concat([Buffer.from([(number << 3) | 2, body.length]), body]);
};
const varint = (number: number, value: number): Buffer => Buffer.from([number << 3, value]);
const envelope = (apiVersion: string, kind: string, raw: Buffer): Buffer =>
  Buffer.concat([
    Buffer.from('k8s\u0000'),
    bytes(1, Buffer.concat([bytes(1, apiVersion), bytes(2, kind)])),
    bytes(2, raw),
  ]);

test('reads maps, repeated fields, nested messages and types with their own JSON form', () => {
  const time = bytes(8, varint(1, 60));
  const entry = bytes(11, Buffer.concat([bytes(1, 'app'), bytes(2, 'web')]));
  const metadata = bytes(1, Buffer.concat([bytes(1, 'web'), time, entry]));
  const targetPort = bytes(4, Buffer.concat([varint(1, 1), varint(2, 0), bytes(3, 'http')]));
  const port = bytes(1, Buffer.concat([bytes(1, 'main'), varint(3, 80), targetPort]));
  const spec = bytes(2, Buffer.concat([port, port]));
  assert.deepEqual(decodeProtobuf(envelope('v1', 'Service', Buffer.concat([metadata, spec]))), {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', creationTimestamp: '1970-01-01T00:01:00Z', labels: { app: 'web' } },
    spec: {
      ports: [
        { name: 'main', port: 80, targetPort: 'http' },
        { name: 'main', port: 80, targetPort: 'http' },
      ],
    },
  });
});

test('merges fields that JSON has in the parent object', () => {
  const source = bytes(2, bytes(8, bytes(1, 'data')));
  const claim = bytes(2, bytes(1, Buffer.concat([bytes(1, 'v'), source])));
  const { spec } = decodeProtobuf(envelope('v1', 'Pod', claim)) as { spec: { volumes: object[] } };
  assert.equal((spec.volumes[0] as { name: string }).name, 'v');
  assert.equal(Object.keys(spec.volumes[0] ?? {}).length, 2);
});

test('rejects truncated input, other formats and unknown kinds', () => {
  const whole = envelope('v1', 'Service', bytes(1, bytes(1, 'web')));
  assert.throws(() => decodeProtobuf(whole.subarray(0, whole.length - 1)), /unexpected EOF/);
  assert.throws(() => decodeProtobuf(Buffer.from('{}  ')), /does not appear to be a protobuf message/);
  assert.throws(() => decodeProtobuf(envelope('v1', 'Nope', Buffer.alloc(0))), /no kind "Nope" is registered/);
});

test('reads an eviction of v1beta1, for old clients', () => {
  const eviction = { apiVersion: 'policy/v1beta1', kind: 'Eviction', metadata: { name: 'web', namespace: 'default' } };
  assert.partialDeepStrictEqual(decodeProtobuf(encodeProtobuf(eviction)), eviction);
});
