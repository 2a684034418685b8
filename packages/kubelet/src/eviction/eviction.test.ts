import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '@typernetes/api/core/v1';
import { defaultConfiguration } from '../config/defaults.ts';
import type { Observation } from '../resources/observation.ts';
import type { PodUsage } from '../resources/pod-usage.ts';
import { podOf } from '../testing/pod-machine.ts';
import { evictionMessage } from './messages.ts';
import { judgePressure, noPressure } from './pressure.ts';
import { rankPods } from './rank.ts';
import type { Signal } from './signals.ts';
import { storageExcess } from './storage-limits.ts';
import { parseThresholds } from './thresholds.ts';

const Mi = 1024 * 1024;

test('parses thresholds, and rejects them, as upstream does', () => {
  const read = (settings: Partial<typeof defaultConfiguration>) =>
    parseThresholds({ ...defaultConfiguration, enforceNodeAllocatable: [], evictionHard: {}, ...settings });
  const reclaim = { 'memory.available': '50Mi' };
  const [hard] = read({ evictionHard: { 'memory.available': '100Mi' }, evictionMinimumReclaim: reclaim });
  assert.deepEqual(hard, {
    signal: 'memory.available',
    value: { amount: 100 * Mi },
    graceMs: 0,
    minReclaim: { amount: 50 * Mi },
  });
  assert.deepEqual(read({ evictionHard: { 'nodefs.available': '0%', 'imagefs.available': '100%' } }), []);
  assert.equal(parseThresholds(defaultConfiguration).at(-1)?.signal, 'allocatableMemory.available');
  const wrong: readonly [Partial<typeof defaultConfiguration>, string][] = [
    [{ evictionHard: { 'mem.available': '1Gi' } }, 'unsupported eviction signal mem.available'],
    [
      { evictionHard: { 'memory.available': '101%' } },
      'eviction percentage threshold memory.available must be <= 100%: 101%',
    ],
    [{ evictionHard: { 'memory.available': '0' } }, 'eviction threshold memory.available must be positive: 0'],
    [
      { evictionSoft: { 'memory.available': '1Gi' } },
      'grace period must be specified for the soft eviction threshold memory.available',
    ],
    [
      { evictionSoftGracePeriod: { 'memory.available': '-1s' } },
      'invalid eviction grace period specified: -1s, must be a positive value',
    ],
    [
      { evictionMinimumReclaim: { 'memory.available': '-1' } },
      'negative eviction minimum reclaim specified for memory.available',
    ],
  ];
  for (const [settings, message] of wrong) assert.throws(() => read(settings), { message });
});

test('soft thresholds have a grace period, hysteresis applies, and conditions outlast their cause', () => {
  const thresholds = parseThresholds({
    ...defaultConfiguration,
    enforceNodeAllocatable: [],
    evictionHard: { 'memory.available': '100Mi' },
    evictionSoft: { 'nodefs.available': '10%' },
    evictionSoftGracePeriod: { 'nodefs.available': '1m' },
    evictionMinimumReclaim: { 'memory.available': '50Mi' },
  });
  let state = noPressure;
  const look = (seconds: number, memoryMi: number, diskPercent: number) => {
    const observations = new Map<Signal, Observation>([
      ['memory.available', { available: memoryMi * Mi, capacity: 1000 * Mi }],
      ['nodefs.available', { available: diskPercent, capacity: 100 }],
    ]);
    const verdict = judgePressure(state, thresholds, { observations, now: seconds * 1000, transitionMs: 300_000 });
    state = verdict;
    return [verdict.conditions, verdict.acting.map(({ signal }) => signal)];
  };
  assert.deepEqual(look(0, 500, 50), [[], []]);
  assert.deepEqual(look(10, 500, 9), [['DiskPressure'], []]);
  assert.deepEqual(look(60, 99, 9), [['DiskPressure', 'MemoryPressure'], ['memory.available']]);
  assert.deepEqual(look(70, 120, 9), [
    ['DiskPressure', 'MemoryPressure'],
    ['memory.available', 'nodefs.available'],
  ]);
  assert.deepEqual(look(80, 150, 50), [['DiskPressure', 'MemoryPressure'], []]);
  assert.deepEqual(look(369, 500, 50), [['DiskPressure', 'MemoryPressure'], []]);
  assert.deepEqual(look(371, 500, 50), [[], []]);
});

const usage = (memoryMi: number, more: Partial<PodUsage> = {}): PodUsage => ({
  containers: [{ name: 'web', memoryBytes: memoryMi * Mi, writableBytes: 3 * Mi, writableInodes: 1, logBytes: Mi }],
  volumes: new Map(),
  processes: undefined,
  ...more,
});

function requesting(name: string, memory: string, priority = 0): Pod {
  return podOf(name, {
    priority,
    containers: [{ name: 'web', image: 'app:1', resources: { requests: { memory } } }],
  });
}

test('evicts pods that exceed their requests first, then those of low priority, then those furthest over', () => {
  const pods = [
    requesting('within', '100Mi'),
    requesting('important', '10Mi', 100),
    requesting('greedy', '10Mi'),
    requesting('modest', '10Mi'),
    requesting('unknown', '10Mi', 1000),
  ];
  const usages = new Map([
    ['uid-within', usage(90)],
    ['uid-important', usage(500)],
    ['uid-greedy', usage(60)],
    ['uid-modest', usage(20)],
  ]);
  const names = rankPods(pods, usages, 'memory').map(({ metadata }) => metadata.name);
  assert.deepEqual(names, ['unknown', 'greedy', 'modest', 'important', 'within']);
});

test('the message names the short resource and the containers over their requests', () => {
  const [threshold] = parseThresholds({ ...defaultConfiguration, enforceNodeAllocatable: [] });
  const observations = new Map<Signal, Observation>([
    ['memory.available', { available: 98_304 * 1024, capacity: 1000 * Mi }],
  ]);
  const message = evictionMessage('memory', requesting('greedy', '10Mi'), {
    usage: usage(60),
    acting: threshold ? [threshold] : [],
    observations,
  });
  assert.equal(
    message,
    'The node was low on resource: memory. Threshold quantity: 100Mi, available: 96Mi. Container web was using 60Mi, request is 10Mi, has larger consumption of memory. ',
  );
});

test("limits of the pod's own use of the disk", () => {
  const limited = (limit: string): Pod =>
    podOf('disk', {
      containers: [{ name: 'web', image: 'app:1', resources: { limits: { 'ephemeral-storage': limit } } }],
      volumes: [{ name: 'cache', emptyDir: { sizeLimit: '5Mi' } }],
    });
  const volumes = (bytes: number) => new Map([['cache', { bytes, inodes: 1 }]]);
  assert.equal(
    storageExcess(limited('1Gi'), usage(1, { volumes: volumes(6 * Mi) }), false),
    'Usage of EmptyDir volume "cache" exceeds the limit "5Mi". ',
  );
  assert.equal(
    storageExcess(limited('5Mi'), usage(1, { volumes: volumes(4 * Mi) }), false),
    'Pod ephemeral local storage usage exceeds the total limit of containers 5Mi. ',
  );
  assert.equal(storageExcess(limited('8Mi'), usage(1, { volumes: volumes(4 * Mi) }), false), undefined);
});
