/** What happens on a node whose wall clock is set forward or back by an hour or more. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { leases } from '@typernetes/api/coordination/v1';
import { nodes, secrets } from '@typernetes/api/core/v1';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { FakeApi } from '@typernetes/client/testing';
import { BackOff } from './lifecycle/back-off.ts';
import { ApiObjects } from './node/api-objects.ts';
import { NodeLease } from './node/node-lease.ts';
import { ServiceAccountTokens } from './node/service-account-tokens.ts';
import { PodMachine, podOf } from './testing/pod-machine.ts';

const hour = 3_600_000;
const day = 24 * hour;

async function machine(t: TestContext): Promise<PodMachine> {
  const folder = await mkdtemp(join(tmpdir(), 'clock-jumps-'));
  const made = new PodMachine(folder);
  t.after(async () => {
    await made.stop();
    await rm(folder, { recursive: true, force: true });
  });
  return made;
}

for (const [direction, ms] of [
  ['back', -day],
  ['forward', day],
] as const) {
  test(`containers restart and are probed as before when the clock is set ${direction}`, async (t) => {
    const m = await machine(t);
    const livenessProbe = {
      exec: { command: ['alive'] },
      periodSeconds: 1,
      failureThreshold: 2,
      initialDelaySeconds: 5,
    };
    const pod = podOf('p', { containers: [{ name: 'web', image: 'app:1', livenessProbe }] });
    m.workers.set(pod);
    await m.until(() => m.runtime.running.includes('web/0'));
    m.clock.jump(ms);
    m.runtime.onExec = () => ({ exitCode: 1 });
    await m.later(() => m.runtime.running.includes('web/1'));
    const began = m.clock.monotonic();
    m.runtime.exit('web', 1);
    m.clock.jump(ms);
    await m.until(
      () =>
        m.statuses.last(pod)?.containerStatuses?.[0]?.state?.waiting?.reason === 'CrashLoopBackOff' ||
        m.runtime.running.includes('web/2'),
    );
    await m.later(() => m.runtime.running.includes('web/2'));
    assert.ok(m.clock.monotonic() - began <= 60_000, 'it waits for its back-off and no longer');
  });

  test(`the node's lease is renewed, and says the new time, when the clock is set ${direction}`, async () => {
    const clock = new FakeClock();
    const api = new FakeApi();
    const node = await api
      .resource(nodes)
      .create({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' }, spec: {} });
    const stop = new AbortController();
    const lease = new NodeLease({ client: api, node: () => node, clock, log: silentLogger, durationSeconds: 40 });
    const running = lease.run(stop.signal);
    const renewed = async (): Promise<number> => {
      const { spec } = await api.resource(leases).get({ namespace: 'kube-node-lease', name: 'n' });
      return Date.parse(spec?.renewTime ?? '');
    };
    await clock.advance(10_000);
    clock.jump(ms);
    await clock.advance(10_000);
    assert.ok(Math.abs((await renewed()) - clock.now()) <= 10_000);
    stop.abort();
    await running;
  });

  test(`a token that has lived is replaced when the clock is set ${direction}`, async () => {
    const clock = new FakeClock();
    let issued = 0;
    const serverClock = new FakeClock();
    const tokens = new ServiceAccountTokens(clock, async (_, { spec }) => ({
      metadata: { name: '', uid: '', resourceVersion: '', creationTimestamp: '' },
      spec,
      status: {
        token: String(++issued),
        expirationTimestamp: new Date(serverClock.now() + (spec.expirationSeconds ?? 0) * 1000).toISOString(),
      },
    }));
    const pod = podOf('p');
    const current = async () => (await tokens.get(pod, undefined, 3600)).token;
    assert.equal(await current(), '1');
    clock.jump(ms);
    await clock.advance(0.85 * hour);
    assert.equal(await current(), '2', 'four fifths of its life are over, whatever the time of day says');
  });

  test(`a token is replaced at once, and once, when everybody's clock is set ${direction}`, async () => {
    const clock = new FakeClock();
    let issued = 0;
    const tokens = new ServiceAccountTokens(clock, async (_, { spec }) => ({
      metadata: { name: '', uid: '', resourceVersion: '', creationTimestamp: '' },
      spec,
      status: {
        token: String(++issued),
        expirationTimestamp: new Date(clock.now() + (spec.expirationSeconds ?? 0) * 1000).toISOString(),
      },
    }));
    const pod = podOf('p');
    const current = async () => (await tokens.get(pod, undefined, 3600)).token;
    assert.equal(await current(), '1');
    clock.jump(ms);
    assert.equal(await current(), '2', 'it has expired, or is not valid yet');
    clock.jump(5000);
    clock.jump(-5000);
    await clock.advance(60_000);
    assert.equal(await current(), '2');
  });

  test(`what was read is read again when the clock is set ${direction}`, async () => {
    const clock = new FakeClock();
    const api = new FakeApi();
    const metadata = { namespace: 'default', name: 's' };
    const first = await api
      .resource(secrets)
      .create({ apiVersion: 'v1', kind: 'Secret', metadata, data: { a: 'YQ==' } });
    const objects = new ApiObjects(api, clock);
    assert.deepEqual(await objects.secretText('default', 's'), { a: 'a' });
    await api.resource(secrets).update({ ...first, data: { a: 'Yg==' } });
    clock.jump(ms);
    await clock.advance(60_000);
    assert.deepEqual(await objects.secretText('default', 's'), { a: 'b' });
  });
}

test('a back-off counts from when the kubelet first saw a failure, if its timestamp lies in the future', async () => {
  const clock = new FakeClock();
  const backOff = new BackOff(clock);
  backOff.next('c', clock.now());
  const endedAt = clock.now() + 1000;
  clock.jump(-hour);
  assert.equal(backOff.remaining('c', endedAt), 10_000);
  await clock.advance(4000);
  assert.equal(backOff.remaining('c', endedAt), 6000);
  backOff.next('pull');
  clock.jump(-hour);
  await clock.advance(10_000);
  assert.equal(backOff.remaining('pull'), 0);
});
