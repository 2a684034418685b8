import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Node, nodes } from '@typernetes/api/core/v1';
import { FakeClock } from '@typernetes/base/testing';
import { FakeApi, RecordedEvents } from '@typernetes/client/testing';
import { defaultSettings } from '../context/settings.ts';
import { Evictions } from './evictions.ts';
import { NodeLifecycleReconciler } from './reconciler.ts';

/** Nodes by name, with the status of their Ready condition; each in its own zone unless they share one. */
async function clusterOf(conditions: Record<string, string>) {
  const clock = new FakeClock();
  const api = new FakeApi({ clock });
  const client = api.resource<Node>(nodes);
  for (const name of Object.keys(conditions)) {
    await client.create({ metadata: { name }, spec: {} });
  }
  const all = new Map<string, Node>();
  const report = async (name: string, status: string) => {
    const ready = { type: 'Ready', status, lastHeartbeatTime: String(clock.now()) };
    const patch = { status: { conditions: [ready] } };
    await client.patch({ name }, patch, { type: 'merge', subresource: 'status' });
    all.set(name, await client.get({ name }));
  };
  for (const [name, status] of Object.entries(conditions)) await report(name, status);
  const woken: string[] = [];
  const events = new RecordedEvents();
  const reconciler = new NodeLifecycleReconciler({
    nodes: { get: (name) => all.get(name), list: () => [...all.values()] },
    leases: { get: () => undefined },
    podsOn: () => [],
    client,
    podClient: { patch: () => Promise.reject(new Error('there are no pods')) },
    events,
    clock,
    gracePeriodMs: 50_000,
    startupGracePeriodMs: 60_000,
    evictions: new Evictions(defaultSettings.eviction),
    wake: (names) => woken.push(...names),
  });
  const reconcile = async (name: string) => {
    const result = await reconciler.reconcile(name, new AbortController().signal);
    if (all.has(name)) all.set(name, await client.get({ name }));
    return result;
  };
  const taintsOf = (name: string) =>
    (all.get(name)?.spec.taints ?? []).map(({ key, effect }) => `${key.split('/')[1]}:${effect}`);
  return { clock, report, reconcile, remove: (name: string) => all.delete(name), taintsOf, woken, events };
}

test('tells of each node once when it is new, and when it is gone', async () => {
  const { reconcile, remove, events } = await clusterOf({ a: 'True' });
  await reconcile('a');
  await reconcile('a');
  remove('a');
  await reconcile('a');
  await reconcile('a');
  assert.deepEqual(events.seen, [
    'Normal RegisteredNode Node a event: Registered Node a in Controller',
    'Normal RemovingNode Node a event: Removing Node a from Controller',
  ]);
});

test('evicts one failed node at a time', async () => {
  const { clock, report, reconcile, taintsOf } = await clusterOf({ a: 'True', b: 'True', c: 'True', d: 'True' });
  for (const name of ['a', 'b', 'c', 'd']) await reconcile(name);
  for (const name of ['a', 'b']) await report(name, 'False');
  await reconcile('a');
  const waits = await reconcile('b');
  assert.deepEqual(taintsOf('a'), ['not-ready:NoSchedule', 'not-ready:NoExecute']);
  assert.deepEqual([taintsOf('b'), waits.requeueAfterMs], [['not-ready:NoSchedule'], 10_000]);
  await clock.advance(10_000);
  await reconcile('b');
  assert.deepEqual(taintsOf('b'), ['not-ready:NoSchedule', 'not-ready:NoExecute']);
  await report('a', 'Unknown');
  await reconcile('a');
  assert.deepEqual(taintsOf('a').sort(), ['unreachable:NoExecute', 'unreachable:NoSchedule']);
});

test('when no node is ready, none is evicted, and earlier evictions are undone', async () => {
  const { clock, report, reconcile, taintsOf, woken } = await clusterOf({ a: 'True', b: 'False' });
  await reconcile('b');
  assert.deepEqual(taintsOf('b'), ['not-ready:NoSchedule', 'not-ready:NoExecute']);
  await report('a', 'False');
  await reconcile('a');
  assert.deepEqual(taintsOf('a'), ['not-ready:NoSchedule']);
  assert.deepEqual(woken.sort(), ['a', 'b']);
  await reconcile('b');
  assert.deepEqual(taintsOf('b'), ['not-ready:NoSchedule']);
  await report('a', 'True');
  await reconcile('a');
  await clock.advance(10_000);
  await reconcile('b');
  assert.deepEqual([taintsOf('a'), taintsOf('b')], [[], ['not-ready:NoSchedule', 'not-ready:NoExecute']]);
});
