import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodes } from '@typernetes/api/core/v1';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { FakeApi, RecordedEvents } from '@typernetes/client/testing';
import { completeConfiguration } from '../config/defaults.ts';
import { NodeReporter } from './node-reporter.ts';

test('reports a runtime that does not answer, with the images last listed', async () => {
  const clock = new FakeClock();
  const api = new FakeApi({ clock });
  let problem: string | undefined;
  const reporter = new NodeReporter({
    client: api,
    clock,
    log: silentLogger,
    recorder: new RecordedEvents(),
    registration: { labels: {}, taints: [] },
    register: true,
    images: async () => {
      if (problem !== undefined) throw new Error('connection refused');
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
      } as never,
      config: completeConfiguration({}),
      runtimeVersion: 'containerd://1',
      images,
      problem,
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
  problem = 'container runtime is down';
  reporter.wake();
  await clock.advance(1000);
  assert.deepEqual(await seen(), ['False', ['app:1']]);
  stop.abort();
  await running;
});
