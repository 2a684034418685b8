import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { completeConfiguration } from '../config/defaults.ts';
import { hugepagesIn } from './hugepages.ts';
import type { Machine } from './machine.ts';
import { allocatableOf, capacityOf } from './resources.ts';

test('reports huge pages of every size, including sizes with none', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'hugepages-'));
  t.after(() => rm(folder, { recursive: true }));
  for (const [name, count] of [
    ['hugepages-2048kB', 8],
    ['hugepages-1048576kB', 0],
    ['hugepages-64kB', 1],
  ] as const) {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, 'nr_hugepages'), `${count}\n`);
  }
  assert.deepEqual(Object.fromEntries(await hugepagesIn(folder)), {
    'hugepages-2Mi': 16 * 1024 ** 2,
    'hugepages-1Gi': 0,
    'hugepages-64Ki': 64 * 1024,
  });
  assert.equal((await hugepagesIn(join(folder, 'none'))).size, 0);
});

test('allocatable excludes reservations, eviction thresholds and huge pages', () => {
  const machine = { cpus: 4, memoryBytes: 1024 ** 3, diskBytes: 0, hugepages: { 'hugepages-2Mi': 64 * 1024 ** 2 } };
  const config = completeConfiguration({
    systemReserved: { cpu: '500m', memory: '100Mi' },
    kubeReserved: { cpu: '500m' },
    evictionHard: { 'memory.available': '60Mi' },
  });
  const capacity = capacityOf(machine as unknown as Machine, config);
  const { cpu, memory, 'hugepages-2Mi': pages } = allocatableOf(capacity, config);
  assert.deepEqual(
    [capacity.memory, cpu, memory, pages],
    ['1048576Ki', '3', `${800 * 1024}Ki`, String(64 * 1024 ** 2)],
  );
});
