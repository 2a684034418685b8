import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { RecordedEvents } from '@typernetes/client/testing';
import { completeConfiguration } from '../config/defaults.ts';
import { podOf } from '../testing/pod-machine.ts';
import { Cgroups, detectCgroups, systemdSlice } from './cgroups.ts';
import { enforceReserved, reservedLimits } from './reserved-limits.ts';

for (const [title, mounts, layout] of [
  [
    'hierarchies of their own, the one without controllers too',
    ['cgroup /sys/fs/cgroup/cpu cgroup rw,cpu', 'systemd /sys/fs/cgroup/systemd cgroup rw,name=systemd'],
    { version: 1, roots: ['/sys/fs/cgroup/cpu', '/sys/fs/cgroup/systemd'] },
  ],
  ['one for all', ['cgroup2 /sys/fs/cgroup cgroup2 rw'], { version: 2, root: '/sys/fs/cgroup' }],
  [
    'a unified one beside the others',
    ['cgroup /sys/fs/cgroup/cpu cgroup rw,cpu', 'cgroup2 /sys/fs/cgroup/unified cgroup2 rw'],
    { version: 1, roots: ['/sys/fs/cgroup/cpu'] },
  ],
] as const) {
  test(`control groups are found: ${title}`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'cgroups-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'mounts');
    writeFileSync(file, mounts.map((line) => `${line} 0 0\n`).join(''));
    assert.deepEqual(await detectCgroups(file), layout);
  });
}

test('a pod has a cgroup with its limits, found by its uid and removed from every hierarchy', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'cgroups-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const roots = ['cpu,cpuacct', 'systemd'].map((name) => join(folder, name));
  const groups = new Cgroups({ version: 1, roots }, { root: '/', driver: 'cgroupfs', cfsPeriod: 100_000 });
  const requests = { cpu: '250m' };
  const pod = podOf('p', { containers: [{ name: 'web', resources: { requests, limits: { cpu: '1' } } }] }, 'u1');
  await groups.create(pod);
  const own = join(folder, 'cpu,cpuacct/kubepods/burstable/podu1');
  assert.deepEqual(
    ['cpu.shares', 'cpu.cfs_quota_us'].map((file) => readFileSync(join(own, file), 'utf8')),
    ['256', '100000'],
  );
  await groups.shareOut([pod, podOf('q')], { milliCpu: 2000, memoryBytes: 1 });
  const shares = ['', 'burstable', 'besteffort'].map((part) =>
    readFileSync(join(folder, 'cpu,cpuacct/kubepods', part, 'cpu.shares'), 'utf8'),
  );
  assert.deepEqual(shares, ['2048', '256', '2']);
  // The runtime's own; the kernel removes a group's files with it.
  mkdirSync(join(folder, 'systemd/kubepods/burstable/podu1/container'), { recursive: true });
  for (const file of readdirSync(own)) rmSync(join(own, file));
  assert.deepEqual([...(await groups.podUids())], ['u1']);
  await groups.remove(pod);
  assert.deepEqual([...(await groups.podUids())], []);
  assert.ok(!existsSync(own));
});

test('counts the processes of a pod where the kernel does', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'cgroups-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const settings = { root: '/', driver: 'cgroupfs', cfsPeriod: 100_000 } as const;
  const roots = ['cpu', 'pids'].map((name) => join(folder, name));
  const groups = new Cgroups({ version: 1, roots }, settings);
  const pod = podOf('p', {}, 'u1');
  assert.equal(await groups.processesOf(pod), undefined);
  mkdirSync(join(folder, 'pids/kubepods/besteffort/podu1'), { recursive: true });
  writeFileSync(join(folder, 'pids/kubepods/besteffort/podu1/pids.current'), '7\n');
  assert.equal(await groups.processesOf(pod), 7);
  assert.equal(await new Cgroups({ version: 1, roots: [] }, settings).processesOf(pod), undefined);
});

test('systemd has its own names for cgroups', () => {
  assert.equal(systemdSlice('/kubepods/burstable/podu-1'), 'kubepods-burstable-podu_1.slice');
});

test("limits the processes of pods to the node's limit, and those of system groups to their reservations", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'cgroups-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const roots = ['cpu', 'memory', 'pids'].map((name) => join(folder, name));
  const read = (file: string): string => readFileSync(join(folder, file), 'utf8');
  const settings = { root: '/', driver: 'cgroupfs', cfsPeriod: 50_000, podPids: 99 } as const;
  const groups = new Cgroups({ version: 1, roots }, settings);
  await groups.create(podOf('p', { containers: [{ name: 'c', resources: { limits: { cpu: '1' } } }] }, 'u1'));
  assert.equal(read('pids/kubepods/burstable/podu1/pids.max'), '99');
  assert.equal(read('cpu/kubepods/burstable/podu1/cpu.cfs_period_us'), '50000');
  assert.equal(read('cpu/kubepods/burstable/podu1/cpu.cfs_quota_us'), '50000');
  const config = completeConfiguration({
    enforceNodeAllocatable: ['pods', 'system-reserved', 'kube-reserved-compressible'],
    systemReserved: { cpu: '500m', memory: '1Ki', pid: '10' },
    kubeReserved: { cpu: '1', memory: '1Ki' },
    systemReservedCgroup: '/system',
    kubeReservedCgroup: '/kube',
  });
  const limits = reservedLimits(config);
  assert.deepEqual(
    limits.map(({ group, limits: { kind, resources } }) => [group, kind, resources]),
    [
      ['/system', 'System', { cpuShares: 512, memoryLimit: 1024, pids: 10 }],
      ['/kube', 'Kube', { cpuShares: 1024 }],
    ],
  );
  const recorder = new RecordedEvents();
  const to = { cgroups: groups, recorder, node: { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node' } } };
  const message = 'failed to enforce System Reserved Cgroup Limits on "/system": ["system"] cgroup does not exist';
  await assert.rejects(enforceReserved(config, to), { message });
  for (const root of roots) for (const group of ['system', 'kube']) mkdirSync(join(root, group), { recursive: true });
  await enforceReserved(config, to);
  assert.deepEqual(recorder.seen, [
    `Warning FailedNodeAllocatableEnforcement ${message}`,
    'Normal NodeAllocatableEnforced Updated limits on system reserved cgroup /system',
    'Normal NodeAllocatableEnforced Updated limits on kube reserved cgroup /kube',
  ]);
  assert.deepEqual(['cpu/system/cpu.shares', 'memory/system/memory.limit_in_bytes', 'pids/system/pids.max'].map(read), [
    '512',
    '1024',
    '10',
  ]);
});
