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

test('resizes a running container in place', async (t) => {
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

test('restarts a container whose resize policy asks for it', async (t) => {
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

test('a resize that does not fit stays pending, and happens once it fits', async (t) => {
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

test('reports a resize that the runtime refuses, and retries it', async (t) => {
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

function wholePod(cpu: string, more: Partial<Container> = {}): Pod {
  const pod = podOf('p', {
    resources: { requests: { cpu }, limits: { cpu, memory: '1Gi' } },
    containers: [{ name: 'web', image: 'app:1', ...more }],
  });
  return { ...pod, metadata: { ...pod.metadata, generation: 2 } };
}

test('resizes pod-level resources in place, and what containers inherit from them', async (t) => {
  const m = await machine(t);
  const [before, asking] = [wholePod('100m'), wholePod('200m')];
  m.workers.set(before);
  await m.until(() => m.statuses.last(before)?.phase === 'Running');
  const { resources, allocatedResources } = m.statuses.last(before) ?? {};
  assert.deepEqual(
    [resources, allocatedResources],
    [{ requests: { cpu: '100m' }, limits: { cpu: '100m', memory: '1Gi' } }, { cpu: '100m' }],
  );
  m.runtime.calls.length = 0;
  m.workers.set(asking);
  await m.until(() => m.statuses.last(asking)?.resources?.limits?.cpu === '200m');
  assert.deepEqual(m.runtime.calls, ['update web/0']);
  assert.deepEqual(m.statuses.last(asking)?.allocatedResources, { cpu: '200m' });
  assert.equal(conditionOf(m, asking, 'PodResizeInProgress'), undefined);
  const detail =
    '{"resources":{"requests":{"cpu":"200m"},"limits":{"cpu":"200m","memory":"1Gi"}},"containers":[{"name":"web","resources":{}}],"generation":2}';
  await m.until(() => m.events.seen.includes(`Normal ResizeCompleted Pod resize completed: ${detail}`));
  assert.ok(m.events.seen.includes(`Normal ResizeStarted Pod resize started: ${detail}`));
});

test('a container with limits of its own is left alone when the pod-level ones change', async (t) => {
  const m = await machine(t);
  const own = { resources: { limits: { cpu: '50m', memory: '1Mi' }, requests: { cpu: '50m', memory: '1Mi' } } };
  m.workers.set(wholePod('100m', own));
  await m.until(() => m.statuses.last(wholePod('100m'))?.phase === 'Running');
  m.runtime.calls.length = 0;
  m.workers.set(wholePod('200m', own));
  await m.until(() => m.statuses.last(wholePod('100m'))?.resources?.limits?.cpu === '200m');
  assert.deepEqual(m.runtime.calls, []);
});

test('a container whose resize policy asks for it is also restarted for pod-level limits', async (t) => {
  const m = await machine(t);
  const resizePolicy = [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }];
  m.workers.set(wholePod('100m', { resizePolicy }));
  await m.until(() => m.statuses.last(wholePod('100m'))?.phase === 'Running');
  const asking = wholePod('200m', { resizePolicy });
  m.workers.set(asking);
  await m.until(() => m.runtime.running.includes('web/1'));
  assert.ok(m.events.seen.includes('Normal Killing Container web resize requires restart'));
  await m.until(() => m.statuses.last(asking)?.resources?.limits?.cpu === '200m');
  await m.until(() => m.statuses.last(asking)?.containerStatuses?.[0]?.restartCount === 1);
  m.workers.wake('uid-p');
  await m.later(() => m.statuses.last(asking)?.containerStatuses?.[0]?.ready === true);
  assert.deepEqual(m.runtime.running, ['web/1']);
});

test('a pod-level resize that does not fit now leaves the pod as it is, and the status says why', async (t) => {
  const m = await machine(t);
  m.workers.set(wholePod('100m'));
  await m.until(() => m.statuses.last(wholePod('100m'))?.phase === 'Running');
  m.shortage = { reason: 'Deferred', message: 'not now' };
  const asking = wholePod('2');
  m.workers.set(asking);
  await m.until(() => conditionOf(m, asking, 'PodResizePending')?.reason === 'Deferred');
  assert.equal(conditionOf(m, asking, 'PodResizePending')?.observedGeneration, 2);
  assert.deepEqual(m.statuses.last(asking)?.allocatedResources, { cpu: '100m' });
  assert.ok(
    m.events.seen.some((text) => /^Warning ResizeDeferred Pod resize Deferred: .*"error":"not now"}$/.test(text)),
  );
  m.workers.wake('uid-p');
  m.shortage = undefined;
  m.workers.wake('uid-p');
  await m.until(() => m.statuses.last(asking)?.resources?.limits?.cpu === '2');
  assert.equal(m.events.seen.filter((text) => text.includes('ResizeDeferred')).length, 1);
});

test('a restarted kubelet learns the pod-level resources in use from the last status', async (t) => {
  const m = await machine(t);
  m.workers.set(wholePod('100m'));
  await m.until(() => m.statuses.last(wholePod('100m'))?.phase === 'Running');
  await m.stop();
  const again = new PodMachine(m.folder, { before: m });
  t.after(() => again.stop());
  const status = m.statuses.last(wholePod('100m'));
  again.runtime.calls.length = 0;
  again.workers.set({ ...wholePod('200m'), ...(status ? { status } : {}) });
  await again.until(() => again.statuses.last(wholePod('200m'))?.resources?.limits?.cpu === '200m');
  assert.deepEqual(again.runtime.calls, ['update web/0']);
});

test('resizes a running init container in place', async (t) => {
  const m = await machine(t);
  const podOfInit = (cpu: string): Pod =>
    podOf('p', { initContainers: [{ name: 'setup', image: 'app:1', resources: { requests: { cpu } } }] });
  m.workers.set(podOfInit('100m'));
  const cpu = () => m.statuses.last(podOfInit('1'))?.initContainerStatuses?.[0]?.resources?.requests?.cpu;
  await m.until(() => cpu() === '100m' && m.runtime.running.includes('setup/0'));
  m.workers.set(podOfInit('200m'));
  await m.until(() => m.runtime.calls.includes('update setup/0') && cpu() === '200m');
});

test('a pending resize is reconsidered as soon as another pod has ended or shrunk', async (t) => {
  const m = await machine(t);
  const other = podOf('other', {
    containers: [{ name: 'web', image: 'app:1', resources: { requests: { cpu: '800m' } } }],
  });
  m.workers.set(podWith('100m'));
  m.workers.set(other);
  await m.until(
    () => m.statuses.last(podWith('100m'))?.phase === 'Running' && m.statuses.last(other)?.phase === 'Running',
  );
  const asking = podWith('900m');
  m.shortage = { reason: 'Deferred', message: 'not now' };
  m.workers.set(asking);
  await m.until(() => conditionOf(m, asking, 'PodResizePending')?.reason === 'Deferred');
  m.shortage = undefined;
  m.workers.remove('uid-other');
  await m.until(() => cpuOf(m, asking)[1] === '900m');

  m.workers.set(other);
  await m.until(() => m.statuses.last(other)?.phase === 'Running');
  m.shortage = { reason: 'Deferred', message: 'not now' };
  m.workers.set(podWith('950m'));
  await m.until(() => conditionOf(m, asking, 'PodResizePending')?.reason === 'Deferred');
  m.shortage = undefined;
  m.workers.set({
    ...other,
    spec: { containers: [{ name: 'web', image: 'app:1', resources: { requests: { cpu: '10m' } } }] },
  });
  await m.until(() => cpuOf(m, asking)[1] === '950m');
});
