import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node, Pod } from '@typernetes/api/core/v1';
import { planGarbage, stateOf } from './plan.ts';

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

test('finds orphans, deleted pods that never had a node, and the oldest finished ones beyond the threshold', () => {
  const pods = [
    makePod('orphan-1', 'gone'),
    makePod('kept-2', 'here'),
    makePod('unscheduled-3', undefined, { deleted: true }),
    makePod('waiting-4', undefined),
    makePod('done-7', 'here', { phase: 'Succeeded' }),
    makePod('done-5', 'here', { phase: 'Failed' }),
    makePod('done-6', 'here', { phase: 'Succeeded' }),
  ];
  const plan = planGarbage(pods, (node) => (node === 'here' ? 'there' : 'gone'), 1);
  assert.deepEqual(names(plan.orphaned), ['orphan-1']);
  assert.deepEqual(names(plan.remove), ['unscheduled-3', 'done-5', 'done-6']);
});

test('a threshold of 0 keeps all finished pods', () => {
  assert.deepEqual(
    planGarbage([makePod('done-1', 'here', { phase: 'Failed' })], () => 'there', 0),
    { orphaned: [], stranded: [], remove: [] },
  );
});

test('removes deleted pods of a node out of service, unless the node is ready after all', () => {
  const node = (ready: string, ...keys: string[]): Node =>
    ({
      spec: { taints: keys.map((key) => ({ key, effect: 'NoExecute' })) },
      status: { conditions: [{ type: 'Ready', status: ready }] },
    }) as unknown as Node;
  const taint = 'node.kubernetes.io/out-of-service';
  const states = [node('Unknown', taint), node('False', taint), node('True', taint), node('Unknown', 'other')];
  assert.deepEqual(states.map(stateOf), ['out-of-service', 'out-of-service', 'there', 'there']);
  const pods = [
    makePod('deleted-2', 'out', { deleted: true }),
    makePod('deleted-1', 'out', { deleted: true }),
    makePod('stays-3', 'out'),
    makePod('ends-4', 'here', { deleted: true }),
  ];
  const plan = planGarbage(pods, (name) => (name === 'out' ? 'out-of-service' : 'there'), 0);
  assert.deepEqual(names(plan.stranded), ['deleted-1', 'deleted-2']);
  assert.deepEqual([plan.orphaned, plan.remove], [[], []]);
});
