import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeObject } from '@typernetes/machinery';
import { schemaOfType } from '../schema/schemas.ts';
import { typeFacts } from '../schema/type-table.ts';
import { sampleObject } from '../testing/sample-object.ts';
import { decodeMessage } from './decode.ts';
import { encodeMessage } from './encode.ts';
import { messageOf, typesWithMessages } from './message.ts';

const keys = typesWithMessages().filter(
  (key) => typeFacts().types[key] !== undefined && !key.startsWith('runtime.') && !messageOf(key).eitherOr,
);

test('every type survives the round trip', () => {
  assert.ok(keys.length > 500, `${keys.length} types`);
  for (const key of keys) {
    for (const seed of [1, -7]) {
      const sample = sampleObject(key, { seed });
      const decoded = decodeMessage(messageOf(key), encodeMessage(messageOf(key), sample));
      assert.deepEqual(decoded, sample, key);
    }
  }
});

test('absent fields are decoded as upstream shows them', () => {
  for (const key of keys) {
    const schema = schemaOfType(key);
    const { object } = decodeObject({}, schema);
    const trip = decodeMessage(messageOf(key), encodeMessage(messageOf(key), {}));
    assert.deepEqual(decodeObject(trip, schema).object, object, key);
  }
});
