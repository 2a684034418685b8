import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Pod, PodSpec, PodStatus } from '@typernetes/api/core/v1';
import { type ResourceClaim, resourceclaims, resourceslices } from '@typernetes/api/resource/v1';
import { systemClock } from '@typernetes/base';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { FakeApi } from '@typernetes/client/testing';
import { type DraDriverOptions, startDraDriver } from '@typernetes/cri/testing';
import { createMetrics } from '@typernetes/process';
import { PluginRegistry } from '../plugins/plugin-registry.ts';
import { podOf } from '../testing/pod-machine.ts';
import { openDra } from './open-dra.ts';

const signal = new AbortController().signal;
const gpus = 'gpu.example.com';
const nics = 'nic.example.com';

async function until(condition: () => boolean | Promise<boolean>, what = condition.toString()): Promise<void> {
  const deadline = systemClock.monotonic() + 20_000;
  while (!(await condition())) {
    assert.ok(systemClock.monotonic() < deadline, what);
    await systemClock.sleep(5);
  }
}

/** A node with a plugin registry and an in-memory API server. Kubelets on it can stop and start again. */
async function node(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'dra-'));
  const api = new FakeApi();
  const clock = new FakeClock();
  const here = { registered: true, active: undefined as ReadonlySet<string> | undefined, woken: [] as string[] };
  await Promise.all(['registry', 'sockets'].map((name) => mkdir(join(folder, name))));
  const stops: (() => Promise<unknown>)[] = [];
  t.after(async () => {
    for (const stop of stops) await stop();
    await rm(folder, { recursive: true });
  });
  return {
    api,
    clock,
    here,
    folder,
    driver: async (name: string, options: Partial<DraDriverOptions> = {}) => {
      const places = { registryDir: join(folder, 'registry'), socketDir: join(folder, 'sockets') };
      const driver = await startDraDriver({ name, ...places, ...options });
      stops.unshift(() => driver.stop());
      return driver;
    },
    kubelet: async () => {
      const metrics = createMetrics();
      const dra = await openDra({
        rootDir: folder,
        nodeName: 'n',
        client: api,
        isRegistered: () => here.registered,
        active: () => here.active,
        onHealth: (uids) => void here.woken.push(...uids),
        metrics,
        clock,
        log: silentLogger,
      });
      const end = new AbortController();
      const directory = join(folder, 'registry');
      const registry = new PluginRegistry({
        directory,
        handlers: { DRAPlugin: dra.plugins },
        clock: systemClock,
        log: silentLogger,
      });
      const running = Promise.all([dra.run(end.signal), registry.run(end.signal)]);
      const stop = async (): Promise<void> => {
        end.abort();
        await running;
      };
      stops.push(stop);
      return { ...dra, metrics, stop };
    },
  };
}

function isRegistered(kubelet: { plugins: { get(name: string): unknown } }, name: string): boolean {
  try {
    return kubelet.plugins.get(name) !== undefined;
  } catch {
    return false;
  }
}

/** A claim with one device of each driver, under the named requests; reserved for the pods. */
function claimOf(name: string, drivers: readonly string[], pods: readonly Pod[]): ResourceClaim {
  return {
    metadata: { name, namespace: 'default', uid: `uid-of-${name}` } as ResourceClaim['metadata'],
    spec: {},
    status: {
      allocation: {
        devices: { results: drivers.map((driver) => ({ request: driver, driver, pool: 'pool', device: name })) },
      },
      reservedFor: pods.map(({ metadata: { name: pod, uid } }) => ({ resource: 'pods', name: pod, uid })),
    },
  };
}

const using = (name: string, claims: readonly string[], spec: Partial<PodSpec> = {}, status?: PodStatus): Pod => ({
  ...podOf(name, {
    resourceClaims: claims.map((claim) => ({ name: `my-${claim}`, resourceClaimName: claim })),
    containers: [
      { name: 'web', image: 'app:1', resources: { claims: claims.map((claim) => ({ name: `my-${claim}` })) } },
    ],
    ...spec,
  }),
  ...(status ? { status } : {}),
});

const container = (pod: Pod, i = 0) => pod.spec?.containers[i] ?? assert.fail();

test('calls each driver once for all claims of a pod; the last of two pods that share a claim unprepares it', async (t) => {
  const n = await node(t);
  const device = (claim: { name: string }, driver: string) => ({
    poolName: 'pool',
    deviceName: claim.name,
    requestNames: [driver],
    cdiDeviceIds: [`${driver}/device=${claim.name}`],
  });
  const gpu = await n.driver(gpus, { prepare: (claim) => [device(claim, gpus)] });
  const nic = await n.driver(nics, { versions: ['v1beta1'], prepare: (claim) => [device(claim, nics)] });
  const kubelet = await n.kubelet();
  await until(() => isRegistered(kubelet, gpus) && isRegistered(kubelet, nics));
  await until(() => gpu.registrations.length + nic.registrations.length === 2);
  assert.deepEqual([...gpu.registrations, ...nic.registrations], ['', '']);

  const first = using('first', ['both', 'one']);
  const second = using('second', ['both'], {
    containers: [
      { name: 'web', image: 'app:1', resources: { claims: [{ name: 'my-both', request: `${nics}/first` }] } },
      { name: 'bare', image: 'app:1' },
    ],
  });
  const claims = n.api.resource<ResourceClaim>(resourceclaims);
  const both = await claims.create(claimOf('both', [gpus, nics], [first, second]));
  await claims.create(claimOf('one', [gpus], [first]));
  const { manager, metrics } = kubelet;

  await manager.prepare(first, signal);
  assert.deepEqual([gpu.calls, nic.calls], [['prepare both one'], ['prepare both']]);
  await manager.prepare(second, signal);
  await manager.prepare(first, signal);
  assert.equal(gpu.calls.length + nic.calls.length, 2, 'what is ready is not asked for again');
  assert.deepEqual(manager.cdiDevices(first, container(first)), [
    `${gpus}/device=both`,
    `${nics}/device=both`,
    `${gpus}/device=one`,
  ]);
  assert.deepEqual(manager.cdiDevices(second, container(second)), [`${nics}/device=both`], 'of one request alone');
  assert.deepEqual(manager.cdiDevices(second, container(second, 1)), []);
  assert.deepEqual(
    manager.claimsOf(first, container(first)).map(({ ClaimName }) => ClaimName),
    ['both', 'one'],
  );
  const text = metrics.render();
  for (const line of [
    'dra_resource_claims_in_use{driver_name="<any>"} 2',
    `dra_resource_claims_in_use{driver_name="${gpus}"} 2`,
    `dra_resource_claims_in_use{driver_name="${nics}"} 1`,
    'dra_operations_duration_seconds_count{is_error="false",operation_name="PrepareResources"} 3',
    `dra_grpc_operations_duration_seconds_count{driver_name="${nics}",grpc_status_code="OK",method_name="/k8s.io.kubelet.pkg.apis.dra.v1beta1.DRAPlugin/NodePrepareResources"} 1`,
  ])
    assert.ok(text.includes(line), line);

  await manager.unprepare(first, signal);
  assert.deepEqual([gpu.calls.slice(1), nic.calls.slice(1)], [['unprepare one'], []]);
  await manager.unprepare(first, signal);
  await manager.unprepare(second, signal);
  assert.deepEqual([gpu.calls.slice(2), nic.calls.slice(1)], [['unprepare both'], ['unprepare both']]);
  assert.ok(metrics.render().includes(`dra_resource_claims_in_use{driver_name="${gpus}"} 0`));

  await claims.delete(both.metadata);
  await assert.rejects(
    manager.prepare(second, signal),
    /^Error: prepare dynamic resources: fetch ResourceClaim both: .*not found/,
  );
});

test('reports in upstream’s words why a claim cannot be prepared, and leaves nothing to unprepare', async (t) => {
  const n = await node(t);
  const { manager } = await n.kubelet();
  const claims = n.api.resource<ResourceClaim>(resourceclaims);
  const pod = using('p', ['c']);
  const refusal = async (of: Pod, message: string): Promise<void> => {
    await assert.rejects(manager.prepare(of, signal), { message: `prepare dynamic resources: ${message}` });
    await manager.unprepare(of, signal);
  };
  const template = podOf('p', { resourceClaims: [{ name: 'r', resourceClaimTemplateName: 't' }] });
  await refusal(template, 'pod "default/p": ResourceClaim not created yet');
  const strange = { ...claimOf('c', [gpus], []), status: {} };
  let claim = await claims.create(strange);
  await refusal(pod, `pod p (uid-p) is not allowed to use ResourceClaim c (${claim.metadata.uid})`);
  const made = { ...template, status: { resourceClaimStatuses: [{ name: 'r', resourceClaimName: 'c' }] } };
  await refusal(made, 'ResourceClaim default/c was not created for Pod default/p (Pod is not owner)');
  const { reservedFor, allocation } = claimOf('c', [gpus], [pod]).status ?? {};
  claim = await claims.updateStatus({ ...claim, status: { reservedFor } });
  await refusal(pod, 'ResourceClaim c: not allocated');
  await claims.updateStatus({ ...claim, status: { reservedFor, allocation } });
  await refusal(pod, `DRA driver ${gpus} is not registered`);
  const none = { ...template, status: { resourceClaimStatuses: [{ name: 'r' }] } };
  await manager.prepare(none, signal);
});

test('a driver that fails is called again, and whatever it may have begun is unprepared', async (t) => {
  const n = await node(t);
  const gpu = await n.driver(gpus);
  const kubelet = await n.kubelet();
  const { manager } = kubelet;
  await until(() => isRegistered(kubelet, gpus));
  const pod = using('p', ['a', 'b']);
  for (const name of ['a', 'b'])
    await n.api.resource<ResourceClaim>(resourceclaims).create(claimOf(name, [gpus], [pod]));
  gpu.refused.add('b');
  const failed = (what: string) => ({ message: `prepare dynamic resources: ${what}` });
  await assert.rejects(
    manager.prepare(pod, signal),
    failed('NodePrepareResources failed for ResourceClaim b: b is on fire'),
  );
  gpu.refused.add('*');
  await assert.rejects(
    manager.prepare(pod, signal),
    failed('NodePrepareResources: rpc error: code = Internal desc = the driver is on fire'),
  );
  await assert.rejects(manager.unprepare(pod, signal), {
    message:
      'unprepare dynamic resources: NodeUnprepareResources: rpc error: code = Internal desc = the driver is on fire',
  });
  gpu.refused.clear();
  gpu.calls.length = 0;
  await manager.unprepare(pod, signal);
  assert.deepEqual(gpu.calls, ['unprepare a b']);
  await manager.prepare(pod, signal);
  assert.deepEqual(gpu.calls.slice(1), ['prepare a b']);
});

test('a restarted kubelet reads its pods’ claims in upstream’s format, and unprepares those of pods that are gone', async (t) => {
  const n = await node(t);
  const gpu = await n.driver(gpus, {
    prepare: ({ name }) => [{ poolName: 'pool', deviceName: name, cdiDeviceIds: [`x/y=${name}`], shareId: 's' }],
  });
  const before = await n.kubelet();
  await until(() => isRegistered(before, gpus));
  const [stays, goes] = [using('stays', ['a']), using('goes', ['b'])];
  for (const [name, pod] of [
    ['a', stays],
    ['b', goes],
  ] as const)
    await n.api.resource<ResourceClaim>(resourceclaims).create(claimOf(name, [gpus], [pod]));
  await before.manager.prepare(stays, signal);
  await before.manager.prepare(goes, signal);
  await before.stop();
  const { Data } = JSON.parse(await readFile(join(n.folder, 'dra_manager_state'), 'utf8')) as { Data: string };
  assert.deepEqual(JSON.parse(Data).ClaimInfoStateList[0], {
    ClaimUID: 'uid-1',
    ClaimName: 'a',
    Namespace: 'default',
    PodUIDs: { 'uid-stays': {} },
    DriverState: {
      [gpus]: {
        Devices: [{ PoolName: 'pool', DeviceName: 'a', ShareID: 's', RequestNames: [], CDIDeviceIDs: ['x/y=a'] }],
      },
    },
  });

  const after = await n.kubelet();
  assert.deepEqual(after.manager.cdiDevices(stays, container(stays)), ['x/y=a']);
  await until(() => isRegistered(after, gpus));
  gpu.calls.length = 0;
  n.here.active = new Set(['uid-stays']);
  await until(async () => {
    await n.clock.advance(1000);
    return gpu.calls.length > 0;
  });
  assert.deepEqual(gpu.calls, ['unprepare b']);
  await after.manager.prepare(stays, signal);
  assert.deepEqual(gpu.calls.slice(1), ['prepare a'], 'in a new sandbox it is made ready again');
});

test('devices of drivers that do not come back are no longer offered', async (t) => {
  const n = await node(t);
  const slices = n.api.resource(resourceslices);
  const publish = (name: string, driver: string, nodeName: string) =>
    slices.create({
      metadata: { name },
      spec: { driver, nodeName, pool: { name, generation: 1, resourceSliceCount: 1 }, devices: [] },
    });
  const left = async () => (await slices.list()).items.map(({ metadata }) => metadata.name).join();
  await publish('old', gpus, 'n');
  await publish('other', gpus, 'm');
  n.here.registered = false;
  const kubelet = await n.kubelet();
  await n.clock.advance(1000);
  assert.equal(await left(), 'old,other', 'nothing is touched before the node is registered');
  n.here.registered = true;
  await until(async () => {
    await n.clock.advance(1000);
    return (await left()) === 'other';
  });

  const old = await n.driver(gpus, { instance: '-1' });
  await until(() => isRegistered(kubelet, gpus));
  await publish('gpus', gpus, 'n');
  await publish('nics', nics, 'n');
  const fresh = await n.driver(gpus, { instance: '-2' });
  await until(() => fresh.registrations.length > 0);
  await old.stop();
  const pod = using('p', ['a']);
  await n.api.resource<ResourceClaim>(resourceclaims).create(claimOf('a', [gpus], [pod]));
  await until(() =>
    kubelet.manager.prepare(pod, signal).then(
      () => true,
      () => false,
    ),
  );
  assert.deepEqual([old.calls, fresh.calls], [[], ['prepare a']], 'the instance that is left is asked');
  await n.clock.advance(60_000);
  assert.equal(await left(), 'other,gpus,nics', 'one instance of it is here');

  await fresh.crash();
  await until(async () => {
    await n.clock.advance(10_000);
    return (await left()) === 'other,nics';
  });
  await assert.rejects(kubelet.manager.unprepare(pod, signal), /code = Unavailable/);
});

test("a driver's health report shows in the containers that use the devices, for as long as it is valid", async (t) => {
  const n = await node(t);
  const said = { health: 'HEALTHY' as const, message: 'warm', healthCheckTimeoutSeconds: '60' };
  let more = Promise.withResolvers<void>();
  await n.driver(gpus, {
    health: async function* (gone) {
      yield [{ ...said, device: { poolName: 'pool', deviceName: 'a' } }];
      gone.addEventListener('abort', () => more.resolve());
      await more.promise;
      more = Promise.withResolvers();
      if (gone.aborted) return;
      yield [{ ...said, health: 'UNHEALTHY', device: { poolName: 'pool', deviceName: 'a' } }];
      gone.addEventListener('abort', () => more.resolve());
      await more.promise;
    },
  });
  const kubelet = await n.kubelet();
  await until(() => isRegistered(kubelet, gpus));
  const pod = using('p', ['a']);
  await n.api.resource<ResourceClaim>(resourceclaims).create(claimOf('a', [gpus], [pod]));
  await kubelet.manager.prepare(pod, signal);
  const status = () => kubelet.manager.statusOf(pod, container(pod));
  const is = (health: object) => [{ name: 'claim:my-a', resources: [{ resourceID: `${gpus}/pool/a`, ...health }] }];
  await until(() => status()[0]?.resources?.[0]?.health === 'Healthy');
  assert.deepEqual(status(), is({ health: 'Healthy', message: 'warm' }));
  n.here.woken.length = 0;
  more.resolve();
  await until(() => n.here.woken.length > 0 && status()[0]?.resources?.[0]?.health !== 'Healthy');
  // The first report may have woken the pod only now.
  assert.deepEqual([...new Set(n.here.woken)], ['uid-p']);
  assert.deepEqual(status(), is({ health: 'Unhealthy', message: 'warm' }));
  await n.clock.advance(61_000);
  assert.deepEqual(status(), is({ health: 'Unknown' }));
});

test('refuses a driver that supports no known version of the protocol', async (t) => {
  const n = await node(t);
  const old = await n.driver(gpus, { supportedVersions: ['v1alpha4.DRAPlugin'] });
  await n.kubelet();
  await until(() => old.registrations.length > 0);
  assert.match(
    old.registrations[0] ?? '',
    /^invalid supported gRPC versions of DRA driver plugin gpu.example.com at endpoint .*: none of services supported by the plugin \(\["v1alpha4.DRAPlugin"\]\) are supported by the kubelet \(\["v1.DRAPlugin" "v1beta1.DRAPlugin"\]\)$/,
  );
});

test('a container gets the devices allocated for its extended resources', async (t) => {
  const n = await node(t);
  await n.driver(gpus, {
    prepare: () =>
      ['container-0-request-0', 'container-1-request-0'].map((request) => ({
        poolName: 'pool',
        deviceName: request,
        requestNames: [request],
        cdiDeviceIds: [`x/y=${request}`],
      })),
  });
  const kubelet = await n.kubelet();
  await until(() => isRegistered(kubelet, gpus));
  const requests = { 'example.com/gpu': '1' };
  const mapping = (i: number, containerName: string) => ({
    containerName,
    resourceName: 'example.com/gpu',
    requestName: `container-${i}-request-0`,
  });
  const pod: Pod = {
    ...podOf('p', {
      containers: ['web', 'side', 'bare'].map((name) => ({
        name,
        image: 'app:1',
        resources: name === 'bare' ? {} : { requests },
      })),
    }),
    status: {
      extendedResourceClaimStatus: {
        resourceClaimName: 'p-extended-resources-x',
        requestMappings: [mapping(0, 'web'), mapping(1, 'side')],
      },
    },
  };
  await n.api.resource<ResourceClaim>(resourceclaims).create(claimOf('p-extended-resources-x', [gpus], [pod]));
  await kubelet.manager.prepare(pod, signal);
  const devices = [0, 1, 2].map((i) => kubelet.manager.cdiDevices(pod, container(pod, i)).join());
  assert.deepEqual(devices, ['x/y=container-0-request-0', 'x/y=container-1-request-0', '']);
});
