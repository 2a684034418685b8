import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPodActive, isPodReady } from '@typernetes/api';
import { type Node, nodes, type Pod, pods } from '@typernetes/api/core/v1';
import { findCondition } from '@typernetes/machinery';
import { eventually, withApi } from './api.ts';
import { beside, controllers, scheduler } from './control-plane.ts';
import { hollow } from './hollow.ts';
import { namespace, Rollout, template, webSpec } from './rollout.ts';
import { TravelClock } from './travel-clock.ts';

const takesPods = ({ spec, status }: Node): boolean =>
  findCondition(status?.conditions, 'Ready')?.status === 'True' && (spec.taints ?? []).length === 0;

const settings = { allocateNodeCidrs: true, clusterCidr: '10.244.0.0/16' };

test('each node gets its own pod range', () =>
  withApi((client) => {
    const names = ['node-1', 'node-2', 'node-3'];
    return beside([controllers(client, { settings }), hollow(client, { names })], async () => {
      const ranges = await eventually(async () => {
        const { items } = await client.resource<Node>(nodes).list();
        const cidrs = items.flatMap(({ spec }) => spec.podCIDR ?? []);
        return cidrs.length === 3 ? cidrs : undefined;
      });
      assert.deepEqual(ranges.sort(), ['10.244.0.0/24', '10.244.1.0/24', '10.244.2.0/24']);
    });
  }));

test('a silent node is tainted, its pods are evicted after their toleration time, and everything goes with the node', () =>
  withApi((client) => {
    const clock = new TravelClock();
    const nodeClient = client.resource<Node>(nodes);
    const podClient = client.resource<Pod>(pods);
    const web = new Rollout(client);
    const alive = hollow(client, { names: ['alive'], clock, heartbeatMs: 200 });
    const plane = [controllers(client, { clock }), scheduler(client, { clock })];
    const on = (all: readonly Pod[], name: string) => all.filter((pod) => pod.spec.nodeName === name);
    return beside([...plane, alive], async () => {
      await beside([hollow(client, { names: ['doomed'], clock, heartbeatMs: 200 })], async () => {
        await eventually(async () => (await nodeClient.list()).items.filter(takesPods).length === 2 || undefined);
        await web.create(webSpec(4, { template: template('web:1') }));
        await web.untilComplete();
      });
      // How the pods spread depends on which node the scheduler saw first; what happens to those of one node does not.
      const doomed = on(await web.pods(), 'doomed').length;
      assert.ok(doomed > 0);

      // There is a heartbeat of the living node between the two steps: only a node silent through both counts.
      for (let step = 0; step < 3; step++) {
        clock.skip(20_000);
        await clock.sleep(1000);
      }
      const silent = await eventually(async () => {
        const node = await nodeClient.get({ name: 'doomed' });
        return findCondition(node.status?.conditions, 'Ready')?.status === 'Unknown' ? node : undefined;
      });
      const ready = findCondition(silent.status?.conditions, 'Ready');
      assert.deepEqual([ready?.reason, ready?.message], ['NodeStatusUnknown', 'Kubelet stopped posting node status.']);
      await eventually(async () => {
        const { taints = [] } = (await nodeClient.get({ name: 'doomed' })).spec;
        return taints.filter(({ key }) => key === 'node.kubernetes.io/unreachable').length === 2 || undefined;
      });
      await eventually(async () => !on(await web.pods(), 'doomed').some(isPodReady) || undefined);
      assert.equal(on((await web.pods()).filter(isPodActive), 'doomed').length, doomed, 'tolerated for five minutes');

      for (let minute = 0; minute < 11; minute++) {
        clock.skip(30_000);
        await clock.sleep(500);
      }
      const moved = await eventually(async () => {
        const active = (await web.pods()).filter((pod) => isPodActive(pod) && isPodReady(pod));
        return on(active, 'alive').length === 4 ? await web.pods() : undefined;
      });
      const condition = findCondition(on(moved, 'doomed')[0]?.status?.conditions, 'DisruptionTarget');
      assert.equal(condition?.reason, 'DeletionByTaintManager');

      await nodeClient.delete({ name: 'doomed' });
      await eventually(async () => {
        clock.skip(20_000);
        await clock.sleep(500);
        const { items } = await podClient.list({ namespace });
        return items.length === 4 || undefined;
      });
      const { spec } = await nodeClient.get({ name: 'alive' });
      assert.deepEqual(spec.taints ?? [], [], 'the living node was never in doubt for good');
    });
  }));
