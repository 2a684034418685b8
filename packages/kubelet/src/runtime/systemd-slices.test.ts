import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { podOf } from '../testing/pod-machine.ts';
import { Cgroups } from './cgroups.ts';
import { limitProperties, SystemdSlices } from './systemd-slices.ts';

const manager = '--system -- call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager';

/** The recorded calls of systemd's programs; an existing slice is not created again. */
function systemd() {
  const calls: string[] = [];
  const there = new Set<string>();
  const run = async (program: string, args: readonly string[]) => {
    const [, , , , , , method = '', , unit = ''] = args;
    if (method === 'StartTransientUnit' && there.has(unit)) throw new Error(`busctl: Unit ${unit} already exists.`);
    if (method === 'StartTransientUnit') there.add(unit);
    calls.push(`${program} ${args.join(' ')}`.replace(manager, '-'));
  };
  return { calls, run };
}

const slice = 'kubepods-burstable-podu.slice';
const own = (version: 1 | 2) =>
  `Description s Kubernetes pods: ${slice} Wants as 1 kubepods-burstable.slice MemoryAccounting b true CPUAccounting b true ${version === 2 ? 'IO' : 'BlockIO'}Accounting b true TasksAccounting b true DefaultDependencies b false`;

test('creates a slice with its limits, and updates them later', async () => {
  const { calls, run } = systemd();
  const slices = new SystemdSlices(2, run);
  const limits = { cpuShares: 512, cpuQuota: 25_000, cpuPeriod: 100_000, memoryLimit: 1024, pids: 9 };
  await slices.set(slice, limits);
  await slices.set(slice, limits);
  await slices.set(slice, { cpuShares: 1024 });
  await new SystemdSlices(2, run).set(slice, { cpuShares: 2 });
  await slices.remove(slice);
  assert.deepEqual(calls, [
    `busctl - StartTransientUnit ssa(sv)a(sa(sv)) ${slice} replace 12 ${own(2)} CPUWeight t 20 CPUQuotaPeriodUSec t 100000 CPUQuotaPerSecUSec t 250000 MemoryMax t 1024 TasksMax t 9 0`,
    `systemctl start ${slice}`,
    `busctl - SetUnitProperties sba(sv) ${slice} true 1 CPUWeight t 39`,
    `busctl - SetUnitProperties sba(sv) ${slice} true 1 CPUWeight t 1`,
    `systemctl stop ${slice}`,
  ]);
});

test('with cgroup v1, limits have their older names, and quotas are rounded to whole percent', () => {
  const limits = { cpuShares: 512, cpuQuota: 12_345, cpuPeriod: 100_000, memoryLimit: 1024 };
  assert.deepEqual(limitProperties(limits, 1), [
    ['CPUShares', 't', '512'],
    ['CPUQuotaPeriodUSec', 't', '100000'],
    ['CPUQuotaPerSecUSec', 't', '130000'],
    ['MemoryLimit', 't', '1024'],
  ]);
});

test("passes systemd's errors on", async () => {
  const slices = new SystemdSlices(2, () => Promise.reject(new Error('busctl: Access denied')));
  await assert.rejects(slices.set(slice, { cpuShares: 2 }), { message: 'busctl: Access denied' });
});

test("with systemd, pods have slices within the slices of their classes, and limits unknown to systemd in the cgroup's files", async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'slices-'));
  t.after(() => rmSync(root, { recursive: true }));
  const at = (path: string) => join(root, path);
  const read = (path: string) => readFileSync(at(path), 'utf8');
  const parents = [
    '',
    'kubepods.slice',
    'kubepods.slice/kubepods-burstable.slice',
    'kubepods.slice/kubepods-besteffort.slice',
  ];
  const pods = 'kubepods.slice/kubepods-burstable.slice';
  const mine = `${pods}/kubepods-burstable-podu_1.slice`;
  for (const path of [...parents, mine]) {
    mkdirSync(at(path), { recursive: true });
    writeFileSync(join(at(path), 'cgroup.controllers'), 'cpuset cpu io memory hugetlb pids rdma\n');
  }
  const { calls, run } = systemd();
  const groups = new Cgroups(
    { version: 2, root },
    {
      root: '/',
      driver: 'systemd',
      cfsPeriod: 100_000,
      podPids: 50,
      pageSizes: [2 * 1024 ** 2],
      slices: new SystemdSlices(2, run),
    },
  );
  const limits = { cpu: '1', memory: '1Mi', 'hugepages-2Mi': '4Mi' };
  const pod = podOf('p', { containers: [{ name: 'c', resources: { limits, requests: { cpu: '500m' } } }] }, 'u-1');
  assert.equal(groups.parentOf(pod), 'kubepods-burstable-podu_1.slice');
  await groups.create(pod);
  assert.deepEqual(
    ['cpu.weight', 'cpu.max', 'memory.max', 'pids.max', 'hugetlb.2MB.max'].map((file) => read(`${mine}/${file}`)),
    ['20', '100000 100000', '1048576', '50', '4194304'],
  );
  assert.equal(read('cgroup.subtree_control'), '+cpuset +cpu +io +memory +hugetlb +pids');
  await groups.shareOut([pod], { milliCpu: 2000, memoryBytes: 4096, pids: 1000 });
  assert.deepEqual(
    ['cpu.weight', 'memory.max', 'pids.max', 'hugetlb.2MB.max'].map((file) => read(`kubepods.slice/${file}`)),
    ['79', '4096', '1000', '4611686018427387904'],
  );
  assert.equal(read(`${pods}/cpu.weight`), '20');
  assert.equal(read('kubepods.slice/kubepods-besteffort.slice/cpu.weight'), '1');
  assert.deepEqual(
    calls.flatMap((call) => /StartTransientUnit \S+ (\S+)/.exec(call)?.[1] ?? []),
    ['kubepods-burstable-podu_1.slice', 'kubepods.slice', 'kubepods-burstable.slice', 'kubepods-besteffort.slice'],
  );
  writeFileSync(at(`${mine}/pids.current`), '3\n');
  assert.equal(await groups.processesOf(pod), 3);
  assert.equal(groups.containerGroup(pod, 'c1'), `/${mine}/cri-containerd-c1.scope`);
  assert.deepEqual([...(await groups.podUids())], ['u-1']);
  // The kernel removes a group's files with it.
  for (const file of ['pids.current', 'cgroup.controllers']) rmSync(at(`${mine}/${file}`));
  for (const file of ['cpu.weight', 'cpu.max', 'memory.max', 'pids.max', 'hugetlb.2MB.max'])
    rmSync(at(`${mine}/${file}`));
  await groups.removeUid('u-1');
  await groups.remove(pod);
  assert.equal(calls.at(-1), 'systemctl stop kubepods-burstable-podu_1.slice');
  assert.ok(!existsSync(at(mine)));
});
