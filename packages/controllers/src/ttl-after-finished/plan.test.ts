import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Job } from '@typernetes/api/batch/v1';
import { timeToLive } from './plan.ts';

const at = '2026-01-01T00:00:00Z';
const job = (type: string, ttl?: number, deleted?: boolean): Job => ({
  metadata: {
    name: 'j',
    uid: 'j',
    resourceVersion: '1',
    creationTimestamp: at,
    ...(deleted ? { deletionTimestamp: at } : {}),
  },
  spec: { template: {}, ...(ttl === undefined ? {} : { ttlSecondsAfterFinished: ttl }) },
  status: { conditions: [{ type, status: 'True', lastTransitionTime: at }] },
});
const cases: [name: string, job: Job, left: number | undefined][] = [
  ['complete', job('Complete', 30), 20_000],
  ['failed, over', job('Failed', 0), -10_000],
  ['running', job('Suspended', 30), undefined],
  ['without a limit', job('Complete'), undefined],
  ['being deleted', job('Complete', 30, true), undefined],
];
for (const [name, given, left] of cases)
  test(name, () => assert.equal(timeToLive(given, Date.parse(at) + 10_000), left));
