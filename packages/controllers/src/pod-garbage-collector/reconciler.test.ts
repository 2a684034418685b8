import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Node, nodes, type Pod } from '@typernetes/api/core/v1';
import { FakeClock } from '@typernetes/base/testing';
import { FakeApi } from '@typernetes/client/testing';
import { PodGarbageCollectorReconciler } from './reconciler.ts';

test('deleted pods on a node out of service fail and are removed; its other pods stay', async () => {
  const clock = new FakeClock();
  const api = new FakeApi({ clock });
  await api.resource(nodes).create({
    metadata: { name: 'out' },
    spec: { taints: [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }] },
    status: { conditions: [{ type: 'Ready', status: 'Unknown' }] },
  } as Node);
  const pod = (name: string, deleted: boolean): Pod =>
    ({
      metadata: {
        name,
        namespace: 'shop',
        uid: name,
        ...(deleted ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
      },
      spec: { nodeName: 'out', containers: [] },
      status: { phase: 'Running' },
    }) as unknown as Pod;
  const all = [pod('deleted', true), pod('stays', false)];
  const done: string[] = [];
  const counted: string[] = [];
  const node = await api.resource(nodes).get({ name: 'out' });
  const reconciler = new PodGarbageCollectorReconciler({
    pods: { list: () => all },
    nodes: { get: () => node },
    nodeClient: api.resource(nodes),
    client: {
      patch: async ({ name }, patch, { subresource } = { type: 'strategic' }) => {
        done.push(`patch ${name}/${subresource} ${JSON.stringify((patch as Pod).status)}`);
        return pod(name, true);
      },
      delete: async ({ name }, { gracePeriodSeconds } = {}) => {
        done.push(`delete ${name} ${gracePeriodSeconds}`);
        return undefined as never;
      },
    },
    clock,
    terminatedPodThreshold: 0,
    metrics: { deleted: (namespace, reason) => counted.push(`${namespace} ${reason}`), failed: () => assert.fail() },
  });
  await reconciler.reconcile();
  assert.deepEqual(done, ['patch deleted/status {"phase":"Failed"}', 'delete deleted 0']);
  assert.deepEqual(counted, ['shop out-of-service']);
});

for (const [direction, ms] of [
  ['back', -3_600_000],
  ['forward', 3_600_000],
] as const)
  test(`pods of a node that is gone stay for its quarantine when the clock is set ${direction}`, async () => {
    const clock = new FakeClock();
    const api = new FakeApi({ clock });
    const pod = {
      metadata: { name: 'orphan', namespace: 'shop', uid: 'o' },
      spec: { nodeName: 'gone', containers: [] },
      status: { phase: 'Succeeded' },
    } as unknown as Pod;
    const deleted: string[] = [];
    const reconciler = new PodGarbageCollectorReconciler({
      pods: { list: () => [pod] },
      nodes: { get: () => undefined },
      nodeClient: api.resource(nodes),
      client: {
        patch: async () => pod,
        delete: async ({ name }) => {
          deleted.push(name);
          return undefined as never;
        },
      },
      clock,
      terminatedPodThreshold: 0,
      metrics: { deleted: () => {}, failed: () => assert.fail() },
    });
    const look = () => reconciler.reconcile();
    await look();
    clock.jump(ms);
    await clock.advance(39_000);
    await look();
    assert.deepEqual(deleted, []);
    await clock.advance(1000);
    await look();
    assert.deepEqual(deleted, ['orphan']);
  });
