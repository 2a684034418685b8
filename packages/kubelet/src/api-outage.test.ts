/** What a node reports once an API server comes back that was away for ten minutes. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TokenRequest } from '@typernetes/api/authentication/v1';
import { leases } from '@typernetes/api/coordination/v1';
import { configmaps, nodes, type Pod, type PodStatus, pods } from '@typernetes/api/core/v1';
import { type Clock, timestamp } from '@typernetes/base';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { FakeApi } from '@typernetes/client/testing';
import { ApiObjects } from './node/api-objects.ts';
import { NodeLease } from './node/node-lease.ts';
import { StatusWriter } from './status/status-writer.ts';
import { PodMachine, podOf } from './testing/pod-machine.ts';

const outageMs = 600_000;

/** An API server that can go away; `asked` counts the requests made while it is away. */
function outage(clock: Clock) {
  const api = new FakeApi({ clock });
  const state = { away: false, asked: 0 };
  const reach = async <T>(act: () => Promise<T>): Promise<T> => {
    if (!state.away) return act();
    state.asked++;
    throw new Error('connect ECONNREFUSED 127.0.0.1:6443');
  };
  return { api, state, reach };
}

const statusOf = (phase: 'Running' | 'Succeeded', restarts: number, at: number): PodStatus => ({
  phase,
  startTime: timestamp(at),
  containerStatuses: [
    { name: 'web', ready: phase === 'Running', restartCount: restarts, image: 'app:1', imageID: '', state: {} },
  ],
});

test('soon after the outage every pod has its newest status, and ended pods are deleted', async () => {
  const clock = new FakeClock();
  const { api, state, reach } = outage(clock);
  const resource = api.resource(pods);
  const writer = new StatusWriter({
    pods: {
      get: (ref) => reach(() => resource.get(ref)),
      patch: (ref, patch, options) => reach(() => resource.patch(ref, patch, options)),
      delete: (ref, options) => reach(() => resource.delete(ref, options)),
    },
    shown: () => undefined,
    clock,
    log: silentLogger,
  });
  const stop = new AbortController();
  const running = writer.run(stop.signal);
  const made: Pod[] = [];
  for (const name of ['stays', 'restarts', 'ends'])
    made.push(await resource.create({ ...podOf(name), metadata: { name, namespace: 'default' } }));
  const [stays, restarts, ends] = made as [Pod, Pod, Pod];
  for (const pod of made) writer.report(pod, statusOf('Running', 0, clock.now()));
  await clock.advance(1000);
  state.away = true;
  for (let minute = 1; minute <= 10; minute++) {
    writer.report(restarts, statusOf('Running', minute, 0));
    if (minute === 5) writer.report(ends, statusOf('Succeeded', 0, 0));
    if (minute === 6) writer.finish(ends);
    await clock.advance(outageMs / 10);
  }
  assert.ok(state.asked > 10, 'it goes on trying');
  assert.ok(state.asked <= 2 * (outageMs / 10_000 + 10), `but does not storm: ${state.asked} requests`);
  state.away = false;
  api.writes.length = 0;
  await clock.advance(10_000);
  const seen = async ({ metadata: { name } }: Pod) =>
    (await resource.get({ namespace: 'default', name })).status?.containerStatuses?.[0]?.restartCount;
  assert.deepEqual([await seen(stays), await seen(restarts)], [0, 10]);
  await assert.rejects(resource.get({ namespace: 'default', name: ends.metadata.name }));
  assert.deepEqual(
    api.writes.filter((write) => write.includes('restarts')),
    ['patch pods/status default/restarts'],
    'only the newest is written',
  );
  stop.abort();
  await running;
});

test('a pod created meanwhile with the same name is not mistaken for the ended one', async () => {
  const clock = new FakeClock();
  const api = new FakeApi({ clock });
  const resource = api.resource(pods);
  const lost: Pod[] = [];
  const make = (): Promise<Pod> =>
    resource.create({ ...podOf('web-0'), metadata: { name: 'web-0', namespace: 'default' } });
  const writer = new StatusWriter({
    pods: {
      get: (ref) => resource.get(ref),
      patch: (ref, patch, options) => resource.patch(ref, patch, options),
      // The deletion succeeds but its response is lost, and a controller quickly creates a replacement.
      delete: async (ref, options) => {
        const answer = await resource.delete(ref, options);
        if (lost.length > 0) return answer;
        lost.push(await make());
        throw new Error('read ECONNRESET');
      },
    },
    shown: () => undefined,
    clock,
    log: silentLogger,
  });
  const stop = new AbortController();
  const running = writer.run(stop.signal);
  const pod = await make();
  writer.report(pod, statusOf('Succeeded', 0, clock.now()));
  writer.finish(pod);
  await clock.advance(0);
  await clock.advance(10_000);
  assert.equal(writer.last(pod), undefined, 'nothing is left to be written');
  assert.equal(clock.pending, 0, 'nor is it tried');
  assert.deepEqual(await resource.get({ namespace: 'default', name: 'web-0' }), lost[0]);
  stop.abort();
  await running;
});

test('the lease is renewed within seconds', async () => {
  const clock = new FakeClock();
  const { api, state, reach } = outage(clock);
  const node = await api.resource(nodes).create({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' }, spec: {} });
  const resource = api.resource(leases);
  const client = {
    resource: () => ({
      get: (ref: never) => reach(() => resource.get(ref)),
      update: (object: never) => reach(() => resource.update(object)),
      create: (object: never) => reach(() => resource.create(object)),
    }),
  } as never;
  const stop = new AbortController();
  const running = new NodeLease({ client, node: () => node, clock, log: silentLogger, durationSeconds: 40 }).run(
    stop.signal,
  );
  await clock.advance(10_000);
  state.away = true;
  await clock.advance(outageMs);
  state.away = false;
  await clock.advance(2000);
  const { spec } = await resource.get({ namespace: 'kube-node-lease', name: 'n' });
  assert.ok(clock.now() - Date.parse(spec?.renewTime ?? '') <= 2000);
  stop.abort();
  await running;
});

test('a server that never answers delays the lease by ten seconds at most', async () => {
  const clock = new FakeClock();
  const api = new FakeApi({ clock });
  const node = await api.resource(nodes).create({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' }, spec: {} });
  const resource = api.resource(leases);
  let silent = false;
  const client = {
    resource: () => ({
      get: (ref: never) => resource.get(ref),
      create: (object: never) => resource.create(object),
      update: (object: never, { signal }: { signal: AbortSignal }) =>
        silent
          ? new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
          : resource.update(object),
    }),
  } as never;
  const stop = new AbortController();
  const lease = new NodeLease({ client, node: () => node, clock, log: silentLogger, durationSeconds: 40 });
  const running = lease.run(stop.signal);
  await clock.advance(0);
  await clock.advance(5000);
  silent = true;
  await clock.advance(6000);
  silent = false;
  await clock.advance(11_000);
  const { spec } = await resource.get({ namespace: 'kube-node-lease', name: 'n' });
  assert.ok(clock.now() - Date.parse(spec?.renewTime ?? '') <= 2000);
  stop.abort();
  await running;
  assert.equal(clock.pending, 0);
});

test('objects that pods refer to are served as last read, and tokens until they expire', async () => {
  const clock = new FakeClock();
  const { api, state, reach } = outage(clock);
  const metadata = { namespace: 'default', name: 'kube-root-ca.crt' };
  await api.resource(configmaps).create({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'ca.crt': 'ca' } });
  const client = {
    resource: () => ({
      get: (ref: never) => reach(() => api.resource(configmaps).get(ref)),
      createSubresource: (_: never, __: never, { spec }: TokenRequest) =>
        reach(async () => ({
          spec,
          status: { token: 'token', expirationTimestamp: new Date(clock.now() + 3_600_000).toISOString() },
        })),
    }),
  } as never;
  const objects = new ApiObjects(client, clock);
  const read = () => objects.configMapText('default', 'kube-root-ca.crt');
  const token = async () => (await objects.token(podOf('p'), undefined, 3600)).token;
  assert.deepEqual([await read(), await token()], [{ 'ca.crt': 'ca' }, 'token']);
  state.away = true;
  for (let minute = 0; minute < 59; minute++) {
    await clock.advance(60_000);
    assert.deepEqual([await read(), await token()], [{ 'ca.crt': 'ca' }, 'token']);
  }
  assert.ok(state.asked > 59, 'it goes on trying');
  await clock.advance(60_000);
  await assert.rejects(token(), /ECONNREFUSED/);
  await assert.rejects(objects.configMap('default', 'other'), /ECONNREFUSED/);
  state.away = false;
  await api.resource(configmaps).delete(metadata);
  assert.equal(await read(), undefined, 'what the server says counts as soon as it says something');
});

test('containers keep running and are restarted: neither needs the API server', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'api-outage-'));
  const m = new PodMachine(folder);
  t.after(async () => {
    await m.stop();
    await rm(folder, { recursive: true, force: true });
  });
  // Its sources of objects refuse everything, as without an API server.
  m.workers.set(podOf('p', { volumes: [{ name: 'data', emptyDir: {} }] }));
  await m.until(() => m.runtime.running.includes('web/0'));
  m.runtime.exit('web', 1);
  await m.later(() => m.runtime.running.includes('web/1'));
  m.runtime.exit('web', 1);
  await m.later(() => m.runtime.running.includes('web/2'));
});
