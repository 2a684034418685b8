import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Container, Pod } from '@typernetes/api/core/v1';
import { PodMachine, podOf } from '../testing/pod-machine.ts';

async function machine(t: TestContext): Promise<PodMachine> {
  const folder = await mkdtemp(join(tmpdir(), 'kubelet-'));
  const made = new PodMachine(folder);
  t.after(async () => {
    await made.stop();
    await rm(folder, { recursive: true, force: true });
  });
  return made;
}

function podWith(cpu: string, more: Partial<Container> = {}): Pod {
  const resources = { requests: { cpu }, limits: { cpu } };
  return podOf('p', { containers: [{ name: 'web', image: 'app:1', resources, ...more }] });
}

const conditionOf = (m: PodMachine, pod: Pod, wanted: string) =>
  m.statuses.last(pod)?.conditions?.find(({ type }) => type === wanted);
const cpuOf = (m: PodMachine, pod: Pod) => {
  const status = m.statuses.last(pod)?.containerStatuses?.[0];
  return [status?.allocatedResources?.cpu, status?.resources?.limits?.cpu];
};

test('a running container gets other resources in place', async (t) => {
  const m = await machine(t);
  m.workers.set(podWith('100m'));
  await m.until(() => m.statuses.last(podWith('100m'))?.phase === 'Running');
  const asking = podWith('200m');
  assert.deepEqual(cpuOf(m, asking), ['100m', '100m']);
  m.runtime.calls.length = 0;
  m.workers.set(asking);
  await m.until(() => cpuOf(m, asking)[1] === '200m');
  assert.deepEqual(m.runtime.calls, ['update web/0']);
  assert.deepEqual(cpuOf(m, asking), ['200m', '200m']);
  assert.equal(conditionOf(m, asking, 'PodResizeInProgress'), undefined);
});

test('one that wants to be started anew for it is', async (t) => {
  const m = await machine(t);
  const resizePolicy = [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }];
  m.workers.set(podWith('100m', { resizePolicy }));
  await m.until(() => m.runtime.running.includes('web/0'));
  await m.until(() => m.statuses.last(podWith('100m'))?.phase === 'Running');
  m.workers.set(podWith('200m', { resizePolicy }));
  await m.until(() => m.runtime.running.includes('web/1'));
  assert.ok(m.events.seen.includes('Normal Killing Container web resize requires restart'));
  await m.until(() => cpuOf(m, podWith('200m'))[1] === '200m');
});

test('what the node does not have stays pending, and comes when it has it', async (t) => {
  const m = await machine(t);
  m.workers.set(podWith('100m'));
  await m.until(() => m.statuses.last(podWith('100m'))?.phase === 'Running');
  m.shortage = { reason: 'Deferred', message: 'not now' };
  const asking = podWith('2');
  m.workers.set(asking);
  await m.until(() => conditionOf(m, asking, 'PodResizePending')?.reason === 'Deferred');
  assert.deepEqual(cpuOf(m, asking), ['100m', '100m']);
  m.shortage = undefined;
  m.workers.wake('uid-p');
  await m.until(() => cpuOf(m, asking)[1] === '2');
  assert.equal(conditionOf(m, asking, 'PodResizePending'), undefined);
});

test('what the runtime refuses is told, and tried again', async (t) => {
  const m = await machine(t);
  m.workers.set(podWith('100m'));
  await m.until(() => m.statuses.last(podWith('100m'))?.phase === 'Running');
  const update = m.runtime.updateContainerResources;
  m.runtime.updateContainerResources = () => Promise.reject(new Error('too small'));
  const asking = podWith('50m');
  m.workers.set(asking);
  await m.until(() => conditionOf(m, asking, 'PodResizeInProgress')?.message === 'too small');
  assert.deepEqual(cpuOf(m, asking), ['50m', '100m']);
  m.runtime.updateContainerResources = update;
  await m.later(() => cpuOf(m, asking)[1] === '50m');
  assert.equal(conditionOf(m, asking, 'PodResizeInProgress'), undefined);
});
