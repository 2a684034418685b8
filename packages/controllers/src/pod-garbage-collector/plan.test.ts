import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '@typernetes/api/core/v1';
import { planGarbage } from './plan.ts';

const makePod = (
  name: string,
  nodeName: string | undefined,
  more: { phase?: Pod['status'] & {} extends { phase?: infer P } ? P : never; deleted?: boolean } = {},
): Pod => ({
  metadata: {
    name,
    uid: name,
    resourceVersion: '1',
    creationTimestamp: `2026-01-01T00:00:0${name.at(-1)}Z`,
    ...(more.deleted ? { deletionTimestamp: 'x' } : {}),
  },
  spec: { containers: [], ...(nodeName ? { nodeName } : {}) },
  status: { phase: more.phase ?? 'Running' },
});
const names = (pods: readonly Pod[]): string[] => pods.map((pod) => pod.metadata.name);

test('finds orphans, the deleted that never had a node, and the oldest finished beyond the threshold', () => {
  const pods = [
    makePod('orphan-1', 'gone'),
    makePod('kept-2', 'here'),
    makePod('unscheduled-3', undefined, { deleted: true }),
    makePod('waiting-4', undefined),
    makePod('done-7', 'here', { phase: 'Succeeded' }),
    makePod('done-5', 'here', { phase: 'Failed' }),
    makePod('done-6', 'here', { phase: 'Succeeded' }),
  ];
  const plan = planGarbage(pods, (node) => node === 'here', 1);
  assert.deepEqual(names(plan.orphaned), ['orphan-1']);
  assert.deepEqual(names(plan.remove), ['unscheduled-3', 'done-5', 'done-6']);
});

test('a threshold of 0 keeps everything that finished', () => {
  assert.deepEqual(
    planGarbage([makePod('done-1', 'here', { phase: 'Failed' })], () => true, 0),
    { orphaned: [], remove: [] },
  );
});
