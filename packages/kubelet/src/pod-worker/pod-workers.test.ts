import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Pod } from '@typernetes/api/core/v1';
import { deleted, PodMachine, podOf } from '../testing/pod-machine.ts';
import type { PodWorkerDeps } from './deps.ts';

async function machine(
  t: TestContext,
  images?: readonly string[],
  deps: Partial<PodWorkerDeps> = {},
): Promise<PodMachine> {
  const folder = await mkdtemp(join(tmpdir(), 'kubelet-'));
  const made = new PodMachine(folder, { ...(images ? { images } : {}), deps });
  t.after(async () => {
    await made.stop();
    await rm(folder, { recursive: true, force: true });
  });
  return made;
}

const app = (name: string) => ({ name, image: 'app:1' });

test('init containers run one after the other, then the rest starts', async (t) => {
  const m = await machine(t);
  const pod = podOf('p', { initContainers: [app('one'), app('two')], containers: [app('web'), app('side')] });
  m.workers.set(pod);
  await m.until(() => m.runtime.running.includes('one/0'));
  assert.equal(m.statuses.last(pod)?.phase, 'Pending');
  m.runtime.exit('one', 0);
  await m.until(() => m.runtime.running.includes('two/0'));
  m.runtime.exit('two', 0);
  await m.until(() => m.statuses.last(pod)?.phase === 'Running');
  const order = ['sandbox p/0', 'start one/0', 'start two/0', 'start web/0', 'start side/0'];
  assert.deepEqual(m.runtime.calls, order);
  const ready = m.statuses
    .last(pod)
    ?.conditions?.filter(({ status }) => status === 'True')
    .map(({ type }) => type);
  assert.deepEqual(ready?.sort(), [
    'ContainersReady',
    'Initialized',
    'PodReadyToStartContainers',
    'PodScheduled',
    'Ready',
  ]);
});

test('a failed init container is tried again before anything else starts', async (t) => {
  const m = await machine(t);
  const pod = podOf('p', { initContainers: [app('one')] });
  m.workers.set(pod);
  await m.until(() => m.runtime.running.includes('one/0'));
  m.runtime.exit('one', 1);
  await m.until(() => m.runtime.running.includes('one/1'));
  m.runtime.exit('one', 0);
  await m.until(() => m.runtime.running.includes('web/0'));
  assert.equal(m.statuses.last(pod)?.initContainerStatuses?.[0]?.restartCount, 1);
});

test('a container that ends is restarted, at once and then with growing delays', async (t) => {
  const m = await machine(t);
  const pod = podOf('p');
  m.workers.set(pod);
  await m.until(() => m.runtime.running.includes('web/0'));
  m.runtime.exit('web', 3);
  await m.until(() => m.runtime.running.includes('web/1'));
  for (const [attempt, delay] of ['10s', '20s', '40s'].entries()) {
    m.runtime.exit('web', 3);
    const wait = `back-off ${delay} restarting failed container=web pod=p_default(uid-p)`;
    await m.until(() => m.statuses.last(pod)?.containerStatuses?.[0]?.state?.waiting?.message === wait, wait);
    await m.later(() => m.runtime.running.includes(`web/${attempt + 2}`));
  }
  await m.until(() => m.statuses.last(pod)?.containerStatuses?.[0]?.state?.running !== undefined);
  const status = m.statuses.last(pod)?.containerStatuses?.[0];
  assert.equal(status?.restartCount, 4);
  assert.equal(status?.lastState?.terminated?.exitCode, 3);
  assert.ok(m.statuses.history.includes('p: CrashLoopBackOff'));
  const backOff = 'Warning BackOff Back-off restarting failed container web in pod p_default(uid-p)';
  assert.ok(m.events.seen.includes(backOff));
  await m.until(() => m.runtime.remains.containers === 2, 'one ended container is kept beside the running one');
});

test('a container that keeps failing its liveness probe backs off too', async (t) => {
  const m = await machine(t);
  m.runtime.onExec = () => ({ exitCode: 1, stdout: 'sick' });
  const livenessProbe = { exec: { command: ['check'] }, periodSeconds: 1, failureThreshold: 1 };
  const pod = podOf('p', { containers: [{ ...app('web'), livenessProbe }] });
  m.workers.set(pod);
  await m.later(() => m.runtime.running.includes('web/2'));
  await m.later(() => m.statuses.history.includes('p: CrashLoopBackOff'));
  assert.ok(m.events.seen.includes('Warning Unhealthy Liveness probe failed: sick'));
  assert.ok(m.events.seen.includes('Normal Killing Container web failed liveness probe, will be restarted'));
});

test('a pod that has lost its sandbox gets a new one, and its containers start again', async (t) => {
  const m = await machine(t);
  const pod = podOf('p');
  m.workers.set(pod);
  await m.until(() => m.statuses.last(pod)?.phase === 'Running');
  m.runtime.loseSandboxes();
  await m.until(() => m.runtime.running.includes('web/1'));
  assert.ok(m.runtime.calls.includes('sandbox p/1'));
  assert.ok(m.events.seen.includes('Normal SandboxChanged Pod sandbox changed, it will be killed and re-created.'));
});

test('a pod that wants a user namespace is not started without one', async (t) => {
  const m = await machine(t);
  m.workers.set(podOf('p', { hostUsers: false }));
  const refused =
    'Warning FailedCreatePodSandBox Failed to create pod sandbox: can\'t set `spec.hostUsers: false`, runtime does not support user namespaces: the handler "" is not known';
  const times = (text: string): number => m.events.seen.filter((seen) => seen === text).length;
  await m.later(() => times(refused) === 3);
  assert.deepEqual(m.runtime.running, []);
  const there = 'Normal Pulled Container image "app:1" already present on machine and can be accessed by the pod';
  assert.equal(times(there), 0, 'its image is spoken of once there is something to start it in');
  m.runtime.handlers = [{ name: '', features: { userNamespaces: true, recursiveReadOnlyMounts: false } }];
  await m.later(() => m.runtime.running.includes('web/0'));
  assert.equal(times(there), 1);
});

test('an ended pod releases its volumes and keeps its logs and termination messages', async (t) => {
  const m = await machine(t);
  const web = { ...app('web'), volumeMounts: [{ name: 'data', mountPath: '/data' }] };
  const pod = podOf('p', { restartPolicy: 'Never', containers: [web], volumes: [{ name: 'data', emptyDir: {} }] });
  m.workers.set(pod);
  await m.until(() => m.statuses.last(pod)?.phase === 'Running');
  assert.ok(m.workers.holds('uid-p'));
  const directory = join(m.folder, 'pods', 'uid-p');
  assert.ok(existsSync(join(directory, 'volumes')));
  m.runtime.exit('web', 0);
  await m.until(() => !m.workers.holds('uid-p'));
  assert.equal(m.statuses.last(pod)?.phase, 'Succeeded');
  assert.ok(!existsSync(join(directory, 'volumes')));
  assert.ok(existsSync(join(directory, 'containers', 'web')));
  assert.equal(m.runtime.remains.containers, 1);
});

test('a deleted pod ends within its grace period, sidecars last, and leaves nothing behind', async (t) => {
  const m = await machine(t);
  const proxy = { ...app('proxy'), restartPolicy: 'Always' as const };
  const preStop = { exec: { command: ['say', 'goodbye'] } };
  const pod = podOf('p', {
    initContainers: [proxy],
    containers: [{ ...app('web'), lifecycle: { preStop } }, app('slow')],
  });
  m.runtime.stubborn.add('slow');
  m.workers.set(pod);
  await m.later(() => m.runtime.running.length === 3);
  await m.until(() => m.statuses.last(pod)?.phase === 'Running');
  m.runtime.calls.length = 0;
  m.workers.set(deleted(pod, 5));
  await m.until(() => m.runtime.running.length === 2, 'the willing container has ended');
  assert.deepEqual([...m.runtime.running].sort(), ['proxy/0', 'slow/0']);
  await m.later(() => m.statuses.finished.includes('uid-p'));
  assert.deepEqual([...m.runtime.calls].sort(), [
    'exec web/0 say goodbye',
    'remove sandbox p/0',
    'stop proxy/0 within 2 s',
    'stop sandbox p/0',
    'stop slow/0 within 5 s',
    'stop web/0 within 5 s',
  ]);
  assert.ok(m.runtime.calls.indexOf('stop proxy/0 within 2 s') > m.runtime.calls.indexOf('stop slow/0 within 5 s'));
  assert.deepEqual(m.runtime.remains, { sandboxes: 0, containers: 0 });
  assert.deepEqual(await readdir(join(m.folder, 'pods')), []);
  assert.deepEqual(await readdir(join(m.folder, 'logs')), []);
});

test('an evicted pod fails once nothing of it runs, and its grace period may be shortened', async (t) => {
  const m = await machine(t);
  m.runtime.stubborn.add('web');
  const pod = podOf('p');
  m.workers.set(pod);
  await m.until(() => m.statuses.last(pod)?.phase === 'Running');
  m.workers.fail('uid-p', { reason: 'Evicted', message: 'no room', graceSeconds: 20, disruption: true });
  await m.until(() => m.runtime.calls.includes('stop web/0 within 20 s'));
  const said = (): unknown => {
    const { phase, reason, conditions = [] } = m.statuses.last(pod) ?? {};
    return [phase, reason, conditions.some(({ type }) => type === 'DisruptionTarget')];
  };
  assert.deepEqual(said(), ['Running', undefined, false]);
  m.workers.fail('uid-p', { reason: 'Terminated', message: 'the node goes down', graceSeconds: 3 });
  await m.until(() => m.runtime.calls.includes('stop web/0 within 3 s'));
  m.workers.fail('uid-p', { reason: 'Late', message: 'never mind', graceSeconds: 9 });
  await m.later(() => !m.workers.holds('uid-p'));
  assert.deepEqual(said(), ['Failed', 'Evicted', true]);
});

test('a static pod that becomes another pod starts only when the old one is gone', async (t) => {
  const m = await machine(t);
  const before = podOf('p', {}, 'hash-1');
  const after = podOf('p', { containers: [{ name: 'web', image: 'app:2' }] }, 'hash-2');
  m.runtime.stubborn.add('web');
  m.workers.set(before);
  await m.until(() => m.runtime.running.includes('web/0'));
  m.workers.remove('hash-1');
  m.workers.set(after);
  await m.until(() => m.runtime.calls.includes('stop web/0 within 30 s'));
  assert.equal(m.runtime.configOf('web')?.image.image, 'app:1');
  await m.later(() => m.runtime.configOf('web')?.image.image === 'app:2');
  assert.ok(!existsSync(join(m.folder, 'pods', 'hash-1')));
});

test('a pod that comes back while it is being taken down starts over', async (t) => {
  const m = await machine(t);
  const pod = podOf('p');
  m.runtime.stubborn.add('web');
  m.workers.set(pod);
  await m.until(() => m.runtime.running.includes('web/0'));
  m.workers.remove(pod.metadata.uid);
  await m.until(() => m.runtime.calls.includes('stop web/0 within 30 s'));
  m.workers.set(pod);
  await m.later(() => m.runtime.calls.filter((call) => call === 'start web/0').length === 2);
});

test('keeps retrying an image that cannot be pulled, and says so in the status', async (t) => {
  const m = await machine(t, []);
  const pod = podOf('p');
  m.workers.set(pod);
  await m.until(() => m.statuses.history.includes('p: ErrImagePull'));
  await m.later(() => m.statuses.history.includes('p: ImagePullBackOff'));
  const failure = 'rpc error: code = NotFound desc = app:1: not found';
  assert.deepEqual(m.events.seen, [
    'Normal Pulling Pulling image "app:1"',
    `Warning Failed Failed to pull image "app:1": ${failure}`,
    'Warning Failed Error: ErrImagePull',
    'Normal BackOff Back-off pulling image "app:1"',
    'Warning Failed Error: ImagePullBackOff',
  ]);
  assert.deepEqual(m.statuses.last(pod)?.containerStatuses?.[0]?.state, {
    waiting: { reason: 'ImagePullBackOff', message: `Back-off pulling image "app:1": ErrImagePull: ${failure}` },
  });
  assert.equal(m.statuses.last(pod)?.phase, 'Pending');
  m.runtime.registry.add('app:1');
  await m.later(() => m.runtime.running.includes('web/0'));
  assert.match(m.events.seen.join('\n'), /Successfully pulled image "app:1" in .* Image size: 1000 bytes\./);
});

test('a registry is asked once for a container that waits for something else', async (t) => {
  let tries = 0;
  const prepare = async (): Promise<never> => {
    tries++;
    throw new Error('configmap "settings" not found');
  };
  const m = await machine(t, [], { volumes: { prepare } as unknown as PodWorkerDeps['volumes'] });
  m.runtime.registry.add('app:1');
  m.workers.set(podOf('p', { containers: [{ ...app('web'), imagePullPolicy: 'Always' }] }));
  await m.later(() => tries === 4);
  assert.equal(m.runtime.calls.filter((call) => call === 'pull app:1').length, 1);
});

test('a restarted kubelet leaves running containers alone', async (t) => {
  const m = await machine(t);
  const pod = podOf('p');
  m.workers.set(pod);
  await m.until(() => m.statuses.last(pod)?.phase === 'Running');
  await m.stop();
  m.runtime.calls.length = 0;
  const again = new PodMachine(m.folder, { before: m });
  t.after(() => again.stop());
  again.workers.set(pod);
  await again.until(() => again.statuses.last(pod)?.phase === 'Running');
  assert.deepEqual(again.runtime.calls, []);
  assert.deepEqual(again.workers.orphans, []);
});

test("a failed postStart hook ends the container, in upstream's words", async (t) => {
  const m = await machine(t);
  m.runtime.onExec = () => ({ exitCode: 2, stdout: 'no' });
  const lifecycle = { postStart: { exec: { command: ['greet'] } } };
  const pod = podOf('p', { containers: [{ ...app('web'), lifecycle }] });
  m.workers.set(pod);
  await m.until(() => m.statuses.history.includes('p: PostStartHookError'));
  assert.ok(m.events.seen.includes('Warning FailedPostStartHook PostStartHook failed'));
  assert.ok(m.events.seen.includes('Normal Killing FailedPostStartHook'));
  const hook = 'Exec lifecycle hook ([greet]) for Container "web" in Pod "p_default(uid-p)" failed - error: ';
  const waiting = m.statuses.last(pod)?.containerStatuses?.[0]?.state?.waiting?.message;
  assert.equal(waiting, `${hook}command 'greet' exited with 2: , message: "no"`);
});

test('a preStop hook uses up grace period, and sidecars wait for their turn within it', async (t) => {
  const m = await machine(t);
  const nap = (seconds: number) => ({ lifecycle: { preStop: { sleep: { seconds } } } });
  const sidecar = (name: string) => ({ ...app(name), restartPolicy: 'Always' as const });
  const pod = podOf('p', {
    initContainers: [sidecar('first'), sidecar('second')],
    containers: [
      { ...app('web'), ...nap(10) },
      { ...app('long'), ...nap(20) },
    ],
  });
  m.workers.set(pod);
  await m.later(() => m.statuses.last(pod)?.phase === 'Running');
  m.runtime.calls.length = 0;
  m.workers.set(deleted(pod, 30));
  await m.later(() => m.statuses.finished.includes('uid-p'));
  assert.deepEqual(
    m.runtime.calls.filter((call) => call.endsWith(' s')),
    ['stop web/0 within 20 s', 'stop long/0 within 10 s', 'stop second/0 within 10 s', 'stop first/0 within 10 s'],
  );
});

test('a hook that exceeds the grace period is cut short, which is not a failure', async (t) => {
  const m = await machine(t);
  const pod = podOf('p', { containers: [{ ...app('web'), lifecycle: { preStop: { sleep: { seconds: 100 } } } }] });
  m.workers.set(pod);
  await m.later(() => m.statuses.last(pod)?.phase === 'Running');
  m.workers.set(deleted(pod, 5));
  await m.later(() => m.statuses.finished.includes('uid-p'));
  assert.ok(m.runtime.calls.includes('stop web/0 within 2 s'));
  assert.ok(!m.events.seen.some((event) => event.includes('FailedPreStopHook')));
});

test('a probe may have its own grace period', async (t) => {
  const m = await machine(t);
  m.runtime.onExec = () => ({ exitCode: 1 });
  const livenessProbe = { exec: { command: ['check'] }, failureThreshold: 1, terminationGracePeriodSeconds: 7 };
  m.workers.set(podOf('p', { containers: [{ ...app('web'), livenessProbe }] }));
  await m.later(() => m.runtime.calls.includes('stop web/0 within 7 s'));
});

test('a container that was ready stays ready for a restarted kubelet', async (t) => {
  const m = await machine(t);
  const probe = { exec: { command: ['check'] }, periodSeconds: 5 };
  const pod = podOf('p', { containers: [{ ...app('web'), readinessProbe: probe, startupProbe: probe }] });
  const isReady = (machine: PodMachine) => machine.statuses.last(pod)?.containerStatuses?.[0]?.ready;
  m.workers.set(pod);
  await m.later(() => isReady(m) === true);
  const status = m.statuses.last(pod);
  await m.stop();
  m.runtime.calls.length = 0;
  const again = new PodMachine(m.folder, { before: m });
  t.after(() => again.stop());
  again.workers.set({ ...pod, ...(status ? { status } : {}) });
  await again.until(() => again.statuses.last(pod) !== undefined);
  assert.equal(isReady(again), true);
  assert.deepEqual(again.runtime.calls, [], 'before any probe');
  again.runtime.onExec = () => ({ exitCode: 1 });
  await again.later(() => isReady(again) === false);
});

test('a pod is ready only while its readiness gates are met', async (t) => {
  const m = await machine(t);
  const pod = podOf('p', { readinessGates: [{ conditionType: 'example.com/a' }, { conditionType: 'example.com/b' }] });
  m.workers.set(pod);
  const ready = (): string | undefined =>
    m.statuses.last(pod)?.conditions?.find(({ type }) => type === 'Ready')?.status;
  await m.until(() => m.statuses.last(pod)?.phase === 'Running');
  const say = (statuses: Record<string, string>, version: string): void => {
    const reported = m.statuses.last(pod);
    const gates = Object.entries(statuses).map(([type, status]) => ({ type, status: status as 'True' }));
    const conditions = [...gates, ...(reported?.conditions ?? [])];
    m.workers.set({
      ...pod,
      metadata: { ...pod.metadata, resourceVersion: version },
      status: { ...reported, conditions } as NonNullable<Pod['status']>,
    });
  };
  say({ 'example.com/a': 'True' }, '2');
  await m.until(() => ready() === 'False');
  say({ 'example.com/a': 'True', 'example.com/b': 'True' }, '3');
  await m.until(() => ready() === 'True');
  say({ 'example.com/a': 'False', 'example.com/b': 'True' }, '4');
  await m.until(() => ready() === 'False');
});

test('all containers restart when the end of one triggers its rule', async (t) => {
  const m = await machine(t);
  const restartPolicyRules = [{ action: 'RestartAllContainers', exitCodes: { operator: 'In', values: [7] } }];
  const pod = podOf('p', {
    initContainers: [app('setup')],
    containers: [{ ...app('web'), restartPolicy: 'Never' as const, restartPolicyRules }, app('side')],
  });
  m.workers.set(pod);
  await m.until(() => m.runtime.running.includes('setup/0'));
  m.runtime.exit('setup', 0);
  await m.until(() => m.runtime.running.length === 2);
  await m.clock.advance(1000);
  m.runtime.exit('web', 7);
  await m.later(() => m.runtime.running.includes('setup/1'));
  m.runtime.exit('setup', 0);
  await m.later(() => m.runtime.running.includes('web/1') && m.runtime.running.includes('side/1'));
});

test('all containers restart when the end of a sidecar triggers its rule, even in a pod with restartPolicy Never', async (t) => {
  const m = await machine(t);
  const restartPolicyRules = [{ action: 'RestartAllContainers', exitCodes: { operator: 'In', values: [88] } }];
  const pod = podOf('p', {
    restartPolicy: 'Never',
    initContainers: [app('setup'), { ...app('watcher'), restartPolicy: 'Always' as const, restartPolicyRules }],
    containers: [app('main')],
  });
  m.workers.set(pod);
  await m.until(() => m.runtime.running.includes('setup/0'));
  m.runtime.exit('setup', 0);
  await m.later(() => m.runtime.running.includes('watcher/0') && m.runtime.running.includes('main/0'));
  await m.later(() => m.statuses.last(pod)?.phase === 'Running');
  await m.clock.advance(1000);
  const phases = new Set<string | undefined>();
  const seen = (): boolean => {
    phases.add(m.statuses.last(pod)?.phase);
    return true;
  };
  m.runtime.exit('watcher', 88);
  await m.later(() => seen() && m.runtime.running.includes('setup/1'));
  const condition = () =>
    m.statuses.last(pod)?.conditions?.find(({ type }) => type === 'AllContainersRestarting')?.status;
  assert.equal(condition(), 'True');
  m.runtime.exit('setup', 0);
  await m.later(() => seen() && m.runtime.running.includes('watcher/1') && m.runtime.running.includes('main/1'));
  await m.later(() => seen() && condition() === 'False');
  assert.deepEqual([...phases], ['Running']);
});

test("a pod's claims are prepared before it starts, and until nothing of it runs", async (t) => {
  const seen: string[] = [];
  const refused = { prepare: true, unprepare: true };
  const said = (what: 'prepare' | 'unprepare') => async (): Promise<void> => {
    seen.push(`${what} with ${m.runtime.remains.sandboxes} sandboxes, ${m.runtime.running.length} running`);
    if (refused[what]) throw new Error(`${what} dynamic resources: DRA driver gpus is not registered`);
  };
  const dra = { prepare: said('prepare'), unprepare: said('unprepare'), cdiDevices: () => ['x/y=g0'] };
  const deviceStatus = () => [{ name: 'claim:gpu', resources: [{ resourceID: 'x/y=g0', health: 'Healthy' as const }] }];
  const m = await machine(t, undefined, { dra, deviceStatus });
  const pod = podOf('p', { resourceClaims: [{ name: 'gpu', resourceClaimName: 'shared' }] });
  m.workers.set(pod);
  const event =
    'Warning FailedPrepareDynamicResources Failed to prepare dynamic resources: prepare dynamic resources: DRA driver gpus is not registered';
  await m.until(() => m.events.seen.some((one) => one.includes(event)), event);
  assert.equal(m.runtime.remains.sandboxes, 0);
  refused.prepare = false;
  await m.later(() => m.statuses.last(pod)?.phase === 'Running');
  assert.equal(seen.at(-1), 'prepare with 0 sandboxes, 0 running');
  assert.deepEqual(m.runtime.configOf('web')?.cdiDevices, [{ name: 'x/y=g0' }]);
  assert.deepEqual(m.statuses.last(pod)?.containerStatuses?.[0]?.allocatedResourcesStatus, deviceStatus());

  const going = deleted(pod);
  m.workers.set(going);
  await m.until(() => seen.at(-1) === 'unprepare with 1 sandboxes, 0 running');
  assert.equal(m.statuses.last(pod)?.phase, 'Running', 'it has not ended while its driver has not let go');
  refused.unprepare = false;
  await m.later(() => m.statuses.finished.includes('uid-p'));
});

test('a critical pod starts when the pods it preempts have ended; if it is deleted meanwhile, it does not wait', async (t) => {
  const m = await machine(t);
  m.runtime.stubborn.add('slow');
  const victim = podOf('victim', { containers: [app('slow')] });
  m.workers.set(victim);
  await m.until(() => m.statuses.last(victim)?.phase === 'Running');
  m.preempts = ({ metadata }) => (metadata.name === 'victim' ? [] : [victim]);
  const [vip, late] = [podOf('vip', { containers: [app('best')] }), podOf('late', { containers: [app('never')] })];
  m.workers.set(vip);
  m.workers.set(late);
  await m.until(() => m.runtime.calls.includes('stop slow/0 within 30 s'));
  assert.ok(m.workers.givesWay('uid-victim') && !m.workers.givesWay('uid-vip'));
  m.workers.set(deleted(late));
  await m.until(() => m.statuses.finished.includes('uid-late'));
  assert.deepEqual(m.runtime.running, ['slow/0']);
  await m.later(() => m.runtime.running.includes('best/0'));
  const { phase, reason, message, conditions } = m.statuses.last(victim) ?? {};
  assert.deepEqual([phase, reason, message], ['Failed', 'Preempting', 'Preempted in order to admit critical pod']);
  assert.equal(
    conditions?.find(({ type }) => type === 'DisruptionTarget')?.message,
    'Pod was preempted by Kubelet to accommodate a critical pod.',
  );
});
