import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Pod } from '@typernetes/api/core/v1';
import { systemClock } from '@typernetes/base';
import { silentLogger } from '@typernetes/base/testing';
import {
  devicePluginCodecs,
  devicePluginMethods,
  GrpcChannel,
  podResourcesCodecs,
  podResourcesMethods,
  serveGrpc,
} from '@typernetes/cri';
import { createMetrics } from '@typernetes/process';
import { nodeFit } from '../admission/node-fit.ts';
import type { ClaimState } from '../dra/claim-state.ts';
import { checkpointAt } from '../files/checkpoint.ts';
import { podOf } from '../testing/pod-machine.ts';
import { DeviceManager, type DeviceState } from './device-manager.ts';
import { DevicePlugins } from './device-plugins.ts';
import { deviceMetrics, podResourcesMetrics } from './manager-metrics.ts';
import { podResourcesServer } from './pod-resources.ts';
import { ResourceManagers } from './resource-managers.ts';
import type { TopologyPolicy } from './topology-policy.ts';

const resource = 'example.com/widget';
const signal = new AbortController().signal;

/** A plugin with devices that a test can change, on a real socket in `folder`. */
async function startPlugin(folder: string, ids: readonly string[], sick = new Set<string>()) {
  const calls: string[] = [];
  let changed = Promise.withResolvers<void>();
  const methods = devicePluginMethods;
  const server = await serveGrpc(
    join(folder, 'widget.sock'),
    [
      {
        method: methods.watch,
        stream: async function* (_: never, gone: AbortSignal) {
          gone.addEventListener('abort', () => changed.resolve());
          while (!gone.aborted) {
            const device = (ID: string, at: number) => ({
              ID,
              health: sick.has(ID) ? 'Unhealthy' : 'Healthy',
              topology: { nodes: [{ ID: String(at % 2) }] },
            });
            yield { devices: ids.map(device) };
            await changed.promise;
            changed = Promise.withResolvers();
          }
        },
      },
      {
        method: methods.preferred,
        answer: async ({ containerRequests: [asked] }: { containerRequests: { availableDeviceIDs: string[] }[] }) => ({
          containerResponses: [{ deviceIDs: asked?.availableDeviceIDs.toReversed() }],
        }),
      },
      {
        method: methods.allocate,
        answer: async ({ containerRequests: [asked] }: { containerRequests: { devicesIds: string[] }[] }) => {
          calls.push(`allocate ${asked?.devicesIds}`);
          const devices = [{ containerPath: '/dev/widget', hostPath: '/dev/null', permissions: 'rw' }];
          return { containerResponses: [{ envs: { WIDGETS: asked?.devicesIds.join() }, devices }] };
        },
      },
      {
        method: methods.preStart,
        answer: async ({ devicesIds }: { devicesIds: string[] }) => {
          calls.push(`start ${devicesIds}`);
          return {};
        },
      },
    ],
    devicePluginCodecs,
  );
  const register = async (resourceName = resource, version = 'v1beta1'): Promise<void> => {
    const kubelet = new GrpcChannel(join(folder, 'kubelet.sock'), devicePluginCodecs);
    const options = { preStartRequired: true, getPreferredAllocationAvailable: true };
    try {
      await kubelet.unary(methods.register, { version, endpoint: 'widget.sock', resourceName, options });
    } finally {
      kubelet.close();
    }
  };
  const setSick = (id: string): void => {
    sick.add(id);
    changed.resolve();
  };
  return { calls, register, setSick, stop: () => server.close() };
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = systemClock.monotonic() + 20_000;
  while (!condition()) {
    assert.ok(systemClock.monotonic() < deadline, condition.toString());
    await systemClock.sleep(5);
  }
}

async function startManagers(folder: string, active: () => ReadonlySet<string>, policy: TopologyPolicy = 'none') {
  const metrics = createMetrics();
  const observer = deviceMetrics(metrics);
  const stop = new AbortController();
  let saved: Promise<unknown> = Promise.resolve();
  const plugins = new DevicePlugins({
    directory: folder,
    observer,
    clock: systemClock,
    log: silentLogger,
    onChange: () => {
      saved = devices.save();
    },
  });
  const devices = await DeviceManager.open({
    endpoints: plugins,
    observer,
    clock: systemClock,
    numaNodes: [0, 1],
    checkpoint: checkpointAt<DeviceState>(join(folder, 'kubelet_internal_checkpoint'), 'Checksum'),
  });
  const running = plugins.run(stop.signal);
  await until(() => existsSync(join(folder, 'kubelet.sock')));
  const topology = { policy, scope: 'container' as const, nodes: [0, 1] };
  const managers = new ResourceManagers({
    devices,
    cpus: undefined,
    memory: undefined,
    topology,
    active,
    parts: [],
    clock: systemClock,
  });
  return {
    managers,
    plugins,
    devices,
    metrics,
    stop: async () => {
      stop.abort();
      await running;
      await saved;
    },
  };
}

function withWidgets(name: string, count: number): Pod {
  const limits = { [resource]: String(count) };
  return podOf(name, { containers: [{ name: 'c', image: 'i', resources: { limits, requests: limits } }] });
}

test('devices of plugins are assigned to pods, and stay assigned across restarts of the kubelet', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dev-'));
  const active = new Set<string>();
  let now = await startManagers(folder, () => active);
  let plugin = await startPlugin(folder, ['w0', 'w1', 'w2', 'w3']);
  try {
    await assert.rejects(plugin.register(resource, 'v9'), { message: /API version "v9" is not supported by kubelet/ });
    await assert.rejects(plugin.register('kubernetes.io/widget'), { message: /is invalid/ });
    await plugin.register();
    await until(() => now.devices.amounts.allocatable[resource] === '4');
    const one = withWidgets('one', 2);
    assert.ok(now.managers.concerns(one));
    assert.ok(!now.managers.concerns(podOf('plain')));
    assert.equal(await now.managers.claim(one), undefined);
    active.add('uid-one');
    assert.deepEqual(plugin.calls, ['allocate w3,w2'], 'the plugin has its wish');
    const container = one.spec?.containers[0] as never;
    const extras = await now.managers.extras(one, container, signal);
    assert.deepEqual(extras.environment, { WIDGETS: 'w3,w2' });
    assert.deepEqual(extras.devices, [{ containerPath: '/dev/widget', hostPath: '/dev/null', permissions: 'rw' }]);
    assert.deepEqual(plugin.calls, ['allocate w3,w2', 'start w2,w3']);

    plugin.setSick('w0');
    await until(() => now.devices.amounts.allocatable[resource] === '3');
    assert.equal(now.devices.amounts.capacity[resource], '4');
    assert.deepEqual(await now.managers.claim(withWidgets('two', 2)), {
      reason: 'UnexpectedAdmissionError',
      message: `Pod was rejected: Allocate failed due to requested number of devices unavailable for ${resource}. Requested: 2, Available: 1, which is unexpected`,
      rejected: true,
    });

    await now.stop();
    now = await startManagers(folder, () => active, 'single-numa-node');
    assert.deepEqual(now.devices.amounts.allocatable, { [resource]: '0' }, 'until its plugin is back');
    assert.equal(await now.managers.claim(one), undefined, 'what it has is not asked for again');
    assert.match((await now.managers.claim(withWidgets('two', 1)))?.message ?? '', /no healthy devices present/);
    const requestMappings = [{ containerName: 'c', resourceName: resource, requestName: 'container-0-request-0' }];
    const extendedResourceClaimStatus = { resourceClaimName: 'x', requestMappings };
    const served = { ...withWidgets('served', 1), status: { extendedResourceClaimStatus } };
    assert.equal(now.managers.concerns(served), false, 'a claim serves it');
    assert.equal(nodeFit(served, { node: undefined, allocatable: { [resource]: '0' }, others: [] }), undefined);
    // The removal of its socket tells the plugin about the new kubelet.
    await plugin.stop();
    plugin = await startPlugin(folder, ['w0', 'w1', 'w2', 'w3'], new Set(['w0']));
    await plugin.register();
    await until(() => now.devices.amounts.allocatable[resource] === '3');
    assert.equal((await now.managers.claim(withWidgets('wide', 2)))?.reason, 'TopologyAffinityError');
    active.delete('uid-one');
    assert.equal(await now.managers.claim(withWidgets('two', 2)), undefined, 'w1 and w3 are of one node');
    assert.equal(plugin.calls.at(-1), 'allocate w3,w1');

    await plugin.stop();
    await until(() => now.devices.amounts.allocatable[resource] === '0');
    const { Data, Checksum } = JSON.parse(await readFile(join(folder, 'kubelet_internal_checkpoint'), 'utf8'));
    assert.equal(typeof Checksum, 'number');
    assert.deepEqual(
      Data.PodDeviceEntries.map(({ PodUID, DeviceIDs }: Record<string, unknown>) => [PodUID, DeviceIDs]),
      [['uid-two', { 1: ['w1', 'w3'] }]],
    );
  } finally {
    await plugin.stop();
    await now.stop();
    await rm(folder, { recursive: true, force: true });
  }
});

test('monitors can see which pod has which resources', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'res-'));
  const pod = withWidgets('one', 1);
  const { managers, plugins, devices, metrics, stop } = await startManagers(folder, () => new Set(['uid-one']));
  const plugin = await startPlugin(folder, ['w0']);
  const ended = new AbortController();
  const topology = { cpus: [{ id: 0, core: 0, socket: 0, numa: 0 }], memory: new Map([[0, 1]]) };
  const directory = join(folder, 'resources');
  const claim: ClaimState = {
    ClaimUID: 'u',
    ClaimName: 'gpus',
    Namespace: 'default',
    PodUIDs: {},
    DriverState: {
      'gpu.example.com': {
        Devices: [{ PoolName: 'pool', DeviceName: 'g0', ShareID: 's', RequestNames: null, CDIDeviceIDs: ['x/y=g0'] }],
      },
    },
  };
  const claimsOf = () => [claim];
  const onAsked = podResourcesMetrics(metrics);
  const server = podResourcesServer({ directory, pods: () => [pod], claimsOf, managers, plugins, topology, onAsked });
  const running = server.run(ended.signal);
  const channel = new GrpcChannel(join(directory, 'kubelet.sock'), podResourcesCodecs);
  try {
    await until(() => existsSync(join(directory, 'kubelet.sock')));
    await plugin.register();
    await until(() => devices.amounts.allocatable[resource] === '1');
    await managers.claim(pod);
    const widget = { resourceName: resource, deviceIds: ['w0'], topology: { nodes: [{ ID: '0' }] } };
    const gpu = { driverName: 'gpu.example.com', poolName: 'pool', deviceName: 'g0', shareId: 's' };
    const dynamic = {
      claimName: 'gpus',
      claimNamespace: 'default',
      claimResources: [{ cdiDevices: [{ name: 'x/y=g0' }], ...gpu }],
    };
    const container = { name: 'c', devices: [widget], cpuIds: [], memory: [], dynamicResources: [dynamic] };
    assert.deepEqual(await channel.unary(podResourcesMethods.list, {}), {
      podResources: [{ name: 'one', namespace: 'default', containers: [container] }],
    });
    assert.deepEqual(await channel.unary(podResourcesMethods.allocatable, {}), {
      devices: [widget],
      cpuIds: ['0'],
      memory: [],
    });
    const missing = { podName: 'two', podNamespace: 'default' };
    await assert.rejects(channel.unary(podResourcesMethods.get, missing), { message: /pod two .* not found/ });
    const told = metrics.render();
    const endpoint = (name: string, count: number) =>
      `kubelet_pod_resources_endpoint_${name}{server_api_version="v1"} ${count}`;
    for (const line of [
      endpoint('requests_total', 3),
      endpoint('requests_list', 1),
      endpoint('requests_get_allocatable', 1),
      endpoint('requests_get', 1),
      endpoint('errors_get', 1),
      `kubelet_device_plugin_registration_total{resource_name="${resource}"} 1`,
      `kubelet_device_plugin_alloc_duration_seconds_count{resource_name="${resource}"} 1`,
    ])
      assert.ok(told.includes(`${line}\n`), line);
    assert.ok(!told.includes('endpoint_errors_list{'));
  } finally {
    channel.close();
    ended.abort();
    await running;
    await plugin.stop();
    await stop();
    await rm(folder, { recursive: true, force: true });
  }
});
