import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type GroupLimits, groupWrites } from './group-limits.ts';

const all = ['cpu', 'memory', 'pids', 'hugetlb'];
const [twoMi, oneGi] = [2 * 1024 ** 2, 1024 ** 3];
const kernel = { controllers: all, pageSizes: [twoMi, oneGi] };
const texts = (version: 1 | 2, limits: GroupLimits, more: Partial<typeof kernel> = {}): readonly string[] =>
  groupWrites({ version, ...kernel, ...more }, limits).map(({ file, value }) => `${file} ${value}`);

const limited: GroupLimits = {
  cpuShares: 512,
  cpuQuota: 150_000,
  cpuPeriod: 100_000,
  memoryLimit: 64 * 1024 ** 2,
  pids: 99,
  hugepages: [{ pageBytes: twoMi, limit: 4 * twoMi }],
};

for (const [what, version, limits, expected] of [
  [
    'a pod with limits, on version 2',
    2,
    limited,
    [
      'cpu.weight 20',
      'cpu.max 150000 100000',
      'memory.max 67108864',
      'pids.max 99',
      'hugetlb.2MB.max 8388608',
      'hugetlb.2MB.rsvd.max 8388608',
      'hugetlb.1GB.max 0',
      'hugetlb.1GB.rsvd.max 0',
    ],
  ],
  [
    'a pod with limits, on version 1',
    1,
    limited,
    [
      'cpu.shares 512',
      'cpu.cfs_period_us 100000',
      'cpu.cfs_quota_us 150000',
      'memory.limit_in_bytes 67108864',
      'pids.max 99',
      'hugetlb.2MB.limit_in_bytes 8388608',
      'hugetlb.2MB.rsvd.limit_in_bytes 8388608',
      'hugetlb.1GB.limit_in_bytes 0',
      'hugetlb.1GB.rsvd.limit_in_bytes 0',
    ],
  ],
  ['a pod without, on version 2: memory.min and memory.high are left alone', 2, { cpuShares: 2 }, ['cpu.weight 1']],
  [
    'a class of pods: huge pages without bounds',
    2,
    { cpuShares: 262_144, hugepages: 'unbounded' },
    [
      'cpu.weight 10000',
      'hugetlb.2MB.max 4611686018427387904',
      'hugetlb.2MB.rsvd.max 4611686018427387904',
      'hugetlb.1GB.max 4611686018427387904',
      'hugetlb.1GB.rsvd.max 4611686018427387904',
    ],
  ],
] as const) {
  test(`what a group is told: ${what}`, () => assert.deepEqual(texts(version, limits), expected));
}

test("writes only the limits of a hierarchy's own controllers", () => {
  assert.deepEqual(texts(1, limited, { controllers: ['cpu', 'cpuacct'] }), [
    'cpu.shares 512',
    'cpu.cfs_period_us 100000',
    'cpu.cfs_quota_us 150000',
  ]);
  assert.deepEqual(texts(1, limited, { controllers: ['freezer'] }), []);
  assert.deepEqual(texts(2, limited, { controllers: ['memory'] }), ['memory.max 67108864']);
});

for (const [shares, weight] of [
  [2, 1],
  [102, 4],
  [1024, 39],
  [2048, 79],
  [262_144, 10_000],
] as const) {
  test(`${shares} shares weigh ${weight}`, () =>
    assert.deepEqual(texts(2, { cpuShares: shares }), [`cpu.weight ${weight}`]));
}
