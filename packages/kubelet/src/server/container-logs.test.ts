import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GrpcCode } from '@typernetes/base';
import { RuntimeError } from '@typernetes/cri';
import { isRunning, logOptions } from './container-logs.ts';

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

test('a container runs on while the runtime cannot be asked', async () => {
  const { signal } = new AbortController();
  const failing = (code: GrpcCode) => ({
    containerStatus: async () => {
      throw new RuntimeError(code, 'rpc error');
    },
  });
  assert.equal(await isRunning('a', failing('Unavailable'), signal), true);
  assert.equal(await isRunning('a', failing('NotFound'), signal), false);
  assert.equal(await isRunning('a', failing('Unavailable'), AbortSignal.abort()), false);
});
