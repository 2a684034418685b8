import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withGoDurations } from './go-durations.ts';

test('prints durations as Go does, at any depth, and changes nothing else', () => {
  const shape = {
    fields: {
      period: 'duration',
      name: 'string',
      inner: { fields: { ttl: 'duration' } },
      each: { list: { fields: { wait: 'duration' } } },
      by: { map: 'duration' },
    },
  } as const;
  assert.deepEqual(
    withGoDurations(
      {
        period: '5m',
        name: '5m',
        inner: { ttl: '90s', other: '1m' },
        each: [{ wait: '1h' }],
        by: { a: '100ms', b: 'soon' },
      },
      shape,
    ),
    {
      period: '5m0s',
      name: '5m',
      inner: { ttl: '1m30s', other: '1m' },
      each: [{ wait: '1h0m0s' }],
      by: { a: '100ms', b: 'soon' },
    },
  );
});
