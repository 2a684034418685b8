import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Pod } from '@typernetes/api/core/v1';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { RecordedEvents } from '@typernetes/client/testing';
import { defaultConfiguration } from '../config/defaults.ts';
import type { MachineUsage } from '../resources/machine-usage.ts';
import { containerEvents } from '../status/container-events.ts';
import { PodMachine, podOf } from '../testing/pod-machine.ts';
import { EvictionManager } from './eviction-manager.ts';
import { parseThresholds } from './thresholds.ts';

const plenty = { available: 1e9, capacity: 1e9 };
const fine: MachineUsage = {
  swap: { available: 0, capacity: 0 },
  memory: {
    available: 1e9,
    capacity: 2e9,
    usedBytes: 0,
    workingSetBytes: 0,
    rssBytes: 0,
    pageFaults: 0,
    majorPageFaults: 0,
  },
  nodeFs: { bytes: plenty, inodes: plenty },
  imageFs: undefined,
  imagesApart: false,
  network: [],
  upSeconds: 1,
  processes: { running: 1, most: 100 },
};

test('a node short of memory evicts one pod after the other, and admits no BestEffort pods meanwhile', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'eviction-'));
  const machine = new PodMachine(folder);
  try {
    const pods = ['a', 'b'].map((name) => podOf(name));
    const critical = podOf('vital', { priority: 2_000_000_000 });
    for (const pod of [critical, ...pods]) machine.workers.set(pod);
    // The manager looks at pods whose status is Running, which lags a little behind their containers.
    const runs = (pod: Pod): boolean => machine.statuses.last(pod)?.phase === 'Running';
    await machine.until(() => [critical, ...pods].every(runs));
    let processes: Record<string, number> = {};
    let usage: MachineUsage = { ...fine, memory: { ...fine.memory, available: 1 } };
    const events = new RecordedEvents();
    const manager = new EvictionManager({
      thresholds: parseThresholds({
        ...defaultConfiguration,
        evictionHard: { ...defaultConfiguration.evictionHard, 'pid.available': '10%' },
        enforceNodeAllocatable: [],
      }),
      transitionMs: 300_000,
      maxPodGraceSeconds: 0,
      storageLimits: true,
      machine: async () => usage,
      usages: async () => new Map(),
      processes: async ({ metadata: { name } }) => processes[name],
      memoryForPods: 1e9,
      pods: () => machine.workers.pods.filter((pod) => machine.statuses.last(pod)?.phase === 'Running'),
      evict: (pod, verdict) => machine.workers.fail(pod.metadata.uid, verdict),
      isGone: () => true,
      isLeaving: (pod) => machine.workers.isLeaving(pod.metadata.uid),
      reclaimDisk: () => assert.fail('the disk is not short'),
      node: { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node', uid: 'node' } },
      recorder: events,
      events: containerEvents(events),
      onConditions: () => undefined,
      clock: new FakeClock(),
      log: silentLogger,
    });
    const { signal } = new AbortController();
    const [first] = await manager.look(signal);
    assert.deepEqual(manager.conditions, ['MemoryPressure']);
    // Reported once nothing of the pod runs any more.
    await machine.until(() => (first && machine.statuses.last(first))?.phase === 'Failed');
    assert.equal(machine.runtime.running.length, 2);
    const status = first && machine.statuses.last(first);
    assert.equal(status?.reason, 'Evicted');
    assert.match(
      status?.message ?? '',
      /^The node was low on resource: memory\. Threshold quantity: 100Mi, available: 1\. $/,
    );
    const disruption = status?.conditions?.find(({ type }) => type === 'DisruptionTarget');
    assert.equal(disruption?.reason, 'TerminationByKubelet');
    assert.ok(machine.runtime.calls.includes('stop web/0 within 2 s'));

    const [second] = await manager.look(signal);
    await machine.until(() => (second && machine.statuses.last(second))?.phase === 'Failed');
    assert.deepEqual(await manager.look(signal), [], 'vital pods stay');
    assert.equal(manager.refusal(podOf('late'))?.message, 'The node had condition: [MemoryPressure]. ');
    assert.equal(manager.refusal(critical), undefined);
    const burstable = podOf('asks', {
      containers: [{ name: 'web', image: 'app:1', resources: { requests: { memory: '1Mi' } } }],
    });
    assert.equal(manager.refusal(burstable), undefined);
    usage = fine;
    assert.deepEqual(await manager.look(signal), []);
    assert.deepEqual(manager.conditions, ['MemoryPressure'], 'it lasts for the transition period');

    const others = [podOf('few'), podOf('many')];
    for (const pod of others) machine.workers.set(pod);
    await machine.until(() => others.every(runs));
    processes = { vital: 90, few: 3, many: 7 };
    usage = { ...fine, processes: { running: 100, most: 100 } };
    const [most] = await manager.look(signal);
    assert.equal(most?.metadata.name, 'many', 'whoever has the most processes goes first');
  } finally {
    await machine.stop();
    await rm(folder, { recursive: true, force: true });
  }
});
