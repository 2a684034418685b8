import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@typernetes/base/testing';
import { SystemContainers } from './system-containers.ts';

test('reports groups with the rate since the last sample, and omits groups that do not exist', async () => {
  const clock = new FakeClock(Date.parse('2026-01-01T00:00:00Z'));
  const memory = { usageBytes: 4, workingSetBytes: 3, rssBytes: 2, pageFaults: 1, majorPageFaults: 0 };
  let cpuNanoSeconds = 1e9;
  const containers = new SystemContainers(
    { kubelet: async () => undefined, pods: async () => ({ cpuNanoSeconds, ...memory }) },
    clock,
  );
  const rates = async (): Promise<readonly number[]> => (await containers.read()).map(({ cpu }) => cpu.usageNanoCores);
  assert.deepEqual(await containers.read(), [
    {
      name: 'pods',
      startTime: '2026-01-01T00:00:00Z',
      cpu: { time: '2026-01-01T00:00:00Z', usageNanoCores: 0, usageCoreNanoSeconds: 1e9 },
      memory: { time: '2026-01-01T00:00:00Z', ...memory },
    },
  ]);
  cpuNanoSeconds = 3e9;
  await clock.advance(500);
  assert.deepEqual(await rates(), [0]);
  await clock.advance(9_500);
  assert.deepEqual(await rates(), [2e8]);
});
