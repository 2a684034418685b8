import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodes } from '@typernetes/api/core/v1';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { FakeApi, RecordedEvents } from '@typernetes/client/testing';
import { completeConfiguration } from '../config/defaults.ts';
import { NodeReporter } from './node-reporter.ts';

test('reports a runtime that does not answer, with the images last listed', async () => {
  const { clock, api, reporter, state } = reporting();
  const stop = new AbortController();
  const running = reporter.run(stop.signal);
  const seen = async () => {
    const { status } = await api.resource(nodes).get({ name: 'n' });
    return [
      status?.conditions?.find(({ type }) => type === 'Ready')?.status,
      status?.images?.map(({ names }) => names?.[0]),
    ];
  };
  await clock.advance(1000);
  assert.deepEqual(await seen(), ['True', ['app:1']]);
  state.problem = 'container runtime is down';
  reporter.wake();
  await clock.advance(1000);
  assert.deepEqual(await seen(), ['False', ['app:1']]);
  stop.abort();
  await running;
});

test('tells of conditions as they change, of cordons and of reboots', async () => {
  const { clock, api, recorder, reporter, state } = reporting();
  state.problem = 'container runtime is down';
  const stop = new AbortController();
  const running = reporter.run(stop.signal);
  const told = () => recorder.seen.splice(0);
  await clock.advance(1000);
  // A new node was never ready, so it is not told that it is no longer.
  assert.deepEqual(told(), [
    'Normal NodeHasSufficientMemory Node n status is now: NodeHasSufficientMemory',
    'Normal NodeHasNoDiskPressure Node n status is now: NodeHasNoDiskPressure',
    'Normal NodeHasSufficientPID Node n status is now: NodeHasSufficientPID',
  ]);
  state.problem = undefined;
  await clock.advance(10_000);
  assert.deepEqual(told(), ['Normal NodeReady Node n status is now: NodeReady']);
  await api.resource(nodes).patch({ name: 'n' }, { spec: { unschedulable: true } }, { type: 'merge' });
  await clock.advance(20_000);
  await api.resource(nodes).patch({ name: 'n' }, { spec: { unschedulable: null } }, { type: 'merge' });
  await clock.advance(10_000);
  assert.deepEqual(told(), [
    'Normal NodeNotSchedulable Node n status is now: NodeNotSchedulable',
    'Normal NodeSchedulable Node n status is now: NodeSchedulable',
  ]);
  state.bootId = 'second';
  await clock.advance(10_000);
  assert.deepEqual(told(), ['Warning Rebooted Node n has been rebooted, boot id: second']);
  stop.abort();
  await running;
});

function reporting() {
  const clock = new FakeClock();
  const api = new FakeApi({ clock });
  const recorder = new RecordedEvents();
  const state: { problem: string | undefined; bootId: string } = { problem: undefined, bootId: 'first' };
  const reporter = new NodeReporter({
    client: api,
    clock,
    log: silentLogger,
    recorder,
    registration: { labels: {}, taints: [] },
    register: true,
    images: async () => {
      if (state.problem !== undefined) throw new Error('connection refused');
      return [{ id: 'i', repoTags: ['app:1'], repoDigests: [], size: '1' }] as never;
    },
    sight: (images) => ({
      name: 'n',
      ips: ['192.0.2.1'],
      machine: {
        cpus: 2,
        memoryBytes: 2 ** 31,
        swapBytes: 0,
        diskBytes: 2 ** 33,
        hugepages: {},
        mostProcesses: 0,
        bootId: state.bootId,
      } as never,
      config: completeConfiguration({}),
      runtimeVersion: 'containerd://1',
      images,
      problem: state.problem,
      pressures: [],
      volumesInUse: [],
      runtime: { handlers: [], supplementalGroupsPolicy: undefined } as never,
      devices: { capacity: {}, allocatable: {} },
      now: clock.now(),
    }),
    onRegistered: () => {},
    updateMs: 10_000,
    reportMs: 300_000,
  });
  return { clock, api, recorder, reporter, state };
}
