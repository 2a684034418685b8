import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node, Pod } from '@typernetes/api/core/v1';
import { FakeClock } from '@typernetes/base/testing';
import { RecordedEvents } from '@typernetes/client/testing';
import { TaintEvictionReconciler } from './reconciler.ts';

test('a pod whose deletion was requested is not marked again before its event arrives', async () => {
  const metadata = { name: 'web', namespace: 'shop', uid: '1', resourceVersion: '1', creationTimestamp: '' };
  const pod: Pod = { metadata, spec: { nodeName: 'n', containers: [] } };
  const node: Node = { metadata: { ...metadata, name: 'n' }, spec: { taints: [{ key: 'down', effect: 'NoExecute' }] } };
  const events = new RecordedEvents();
  const deleted: string[] = [];
  const reconciler = new TaintEvictionReconciler({
    pods: { get: () => pod },
    nodes: { get: () => node },
    client: {
      patch: async () => pod,
      delete: async ({ name }) => {
        deleted.push(name);
        return pod;
      },
    },
    events,
    clock: new FakeClock(),
    evicted: () => {},
  });
  const { signal } = new AbortController();
  await reconciler.reconcile('shop/web', signal);
  await reconciler.reconcile('shop/web', signal);
  assert.deepEqual(deleted, ['web']);
  assert.deepEqual(events.seen, ['Normal TaintManagerEviction Marking for deletion Pod shop/web']);
});
