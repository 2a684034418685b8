import assert from 'node:assert/strict';
import { test } from 'node:test';
import protobuf from 'protobufjs/light.js';
import facts from '../facts/cri.json' with { type: 'json' };
import { codecsOf } from './message-codec.ts';
import { type FactPackage, type Field, messageTables, type ValueType } from './message-table.ts';

const source = facts['runtime.v1'] as FactPackage;
const codecs = codecsOf({ cri: source });
const table = messageTables(source);

/** The library gets nested types as top-level ones, under flattened names. */
const flat = (path: string): string => path.replaceAll('.', '_');

/** The same package in the notation of a protobuf library: each side must read what the other writes. */
const library = protobuf.Root.fromJSON({
  nested: { cri: { edition: 'proto3', nested: describe(source) } },
} as unknown as protobuf.INamespace);

function describe({ messages, enums }: FactPackage): Record<string, object> {
  const types: Record<string, object> = {};
  for (const path of Object.keys(messages)) {
    const fields = table(path).fields.map((field) => [field.name, describeField(field)]);
    types[flat(path)] = { fields: Object.fromEntries(fields) };
  }
  for (const [path, values] of Object.entries(enums)) types[flat(path)] = { values };
  return types;
}

function describeField({ number: id, key, repeated, value }: Field): object {
  const type = flat(nameOf(value));
  return { id, type, ...(key ? { keyType: key } : {}), ...(repeated ? { rule: 'repeated' } : {}) };
}

function nameOf(type: ValueType): string {
  if (type.kind === 'enum') return Object.entries(source.enums).find(([, values]) => values === type.values)?.[0] ?? '';
  return type.kind === 'message'
    ? (Object.keys(source.messages).find((path) => table(path) === type.type) ?? '')
    : type.kind;
}

/** A message with every field set, some levels deep. */
function full(path: string, depth: number): Record<string, unknown> {
  const message: Record<string, unknown> = {};
  for (const { name, number, key, repeated, value } of table(path).fields) {
    const sample = (salt: number): unknown => sampleOf(value, number + salt, depth);
    if (sample(0) === undefined) continue;
    if (key !== undefined) message[name] = { one: sample(1), two: sample(2) };
    else message[name] = repeated ? [sample(1), sample(2)] : sample(0);
  }
  return message;
}

function sampleOf(type: ValueType, salt: number, depth: number): unknown {
  switch (type.kind) {
    case 'string':
      return `text ${salt} ÄÖ 容器`;
    case 'bytes':
      return Buffer.from([salt, 255, 0]);
    case 'bool':
      return true;
    case 'int32':
      return -salt;
    case 'uint32':
      return 4_000_000_000 + salt;
    case 'int64':
      return String(-9_007_199_254_740_993n - BigInt(salt));
    case 'uint64':
      return String(18_446_744_073_709_551_000n + BigInt(salt));
    case 'double':
      return salt / 3;
    case 'enum':
      return Object.keys(type.values)[salt % Object.keys(type.values).length];
    case 'message':
      return depth === 0 ? undefined : full(nameOf(type), depth - 1);
  }
}

const shape = { longs: String, enums: String, defaults: true };

test('reads what a protobuf library writes, and writes what the library reads', () => {
  let checked = 0;
  for (const path of Object.keys(source.messages)) {
    const type = library.lookupType(`cri.${flat(path)}`);
    const codec = codecs<unknown>(`cri.${path}`);
    for (const message of [full(path, 4), {}]) {
      const theirs = type.encode(type.fromObject(message)).finish();
      assert.deepEqual(codec.decode(theirs), type.toObject(type.decode(theirs), shape), path);
      assert.deepEqual(codec.decode(codec.encode(message)), codec.decode(theirs), path);
      assert.deepEqual(type.toObject(type.decode(codec.encode(message)), shape), codec.decode(theirs), path);
      checked++;
    }
  }
  assert.ok(checked > 300, `${checked}`);
});

test('skips unknown fields, and keeps enum numbers without a name as numbers', () => {
  const { messages } = source;
  const later = codecsOf({
    cri: {
      enums: source.enums,
      messages: {
        ...messages,
        PodSandbox: { fields: { ...messages.PodSandbox?.fields, later: { n: 99, t: 'string' } } },
      },
    },
  });
  const bytes = later<unknown>('cri.PodSandbox').encode({ id: 'a', later: 'unknown', state: 7 });
  const { id, state } = codecs<{ id: string; state: unknown }>('cri.PodSandbox').decode(bytes);
  assert.deepEqual({ id, state }, { id: 'a', state: 7 });
});

test('rejects truncated and unknown messages, and encodes the next one correctly', () => {
  const codec = codecs<{ id: string }>('cri.PodSandbox');
  const bytes = codec.encode({ id: 'abc' });
  assert.throws(() => codec.decode(bytes.subarray(0, bytes.length - 1)), /unexpected EOF/);
  assert.throws(
    () => codec.encode({ id: 'abc', state: 'SANDBOX_LOST' } as never),
    /unknown value "SANDBOX_LOST", expected one of SANDBOX_READY/,
  );
  assert.deepEqual(codec.encode({ id: 'abc' }), bytes);
  assert.throws(() => codecs('cri.Nothing'), /There is no protobuf message "Nothing"/);
});
