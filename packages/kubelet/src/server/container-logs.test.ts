import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logOptions } from './container-logs.ts';

test('parses log options as upstream does, with times relative to now', () => {
  const asked = (query: string) => logOptions(new URLSearchParams(query), 10_000);
  assert.deepEqual(asked(''), { follow: false, timestamps: false });
  assert.deepEqual(asked('follow=True&timestamps=1&tailLines=2&sinceSeconds=3'), {
    follow: true,
    timestamps: true,
    tailLines: 2,
    since: 7_000,
  });
  assert.deepEqual(asked('follow=False&timestamps=0&limitBytes=4'), {
    follow: false,
    timestamps: false,
    limitBytes: 4,
  });
});
