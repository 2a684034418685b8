import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node, Taint } from '@typernetes/api/core/v1';
import { StatusError } from '@typernetes/machinery';
import { patchTaints } from './taint-patch.ts';

const node = (resourceVersion: string, ...keys: string[]): Node =>
  ({
    metadata: { name: 'a', resourceVersion },
    spec: { taints: keys.map((key) => ({ key, effect: 'NoSchedule' })) },
  }) as unknown as Node;
const add = (current: readonly Taint[]): Taint[] => [...current, { key: 'new', effect: 'NoSchedule' }];

function clientOf(conflicts: number) {
  const asked: string[] = [];
  return {
    asked,
    get: async () => node(`${asked.length}`, 'others'),
    patch: async (_ref: unknown, patch: unknown) => {
      const { metadata, spec } = patch as Node;
      asked.push(`${metadata.resourceVersion} ${spec.taints?.map(({ key }) => key)}`);
      if (asked.length <= conflicts) throw new StatusError('Conflict', 'the object has been modified');
      return patch as Node;
    },
  };
}

test('tainting a node that changes meanwhile neither fails nor undoes other changes', async () => {
  const client = clientOf(1);
  await patchTaints(node('0'), add, { client, fieldManager: 'kubectl-taint', dryRun: false });
  assert.deepEqual(client.asked, ['0 new', '1 others,new']);
});

test('gives up on a node that changes every time', async () => {
  const client = clientOf(9);
  await assert.rejects(patchTaints(node('0'), add, { client, fieldManager: 'kubectl-taint', dryRun: false }), {
    reason: 'Conflict',
  });
  assert.equal(client.asked.length, 5);
});
