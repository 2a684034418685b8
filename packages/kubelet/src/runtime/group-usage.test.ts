import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { podOf } from '../testing/pod-machine.ts';
import { Cgroups } from './cgroups.ts';
import { readGroupSwap } from './group-swap.ts';
import { readGroupUsage } from './group-usage.ts';

async function filesIn(t: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'groups-'));
  t.after(() => rm(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return folder;
}

const net = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     100       1    0    0    0     0          0         0      100       1    0    0    0     0       0          0
  eth0:    2000      20    1    2    0     0          0         0     3000      30    3    4    0     0       0          0
`;
const network = [
  {
    name: 'eth0',
    receive: { bytes: 2000, packets: 20, errors: 1, dropped: 2 },
    transmit: { bytes: 3000, packets: 30, errors: 3, dropped: 4 },
  },
];

test('version 1 has statistics in separate hierarchies', async (t) => {
  const folder = await filesIn(t, {
    'cpu,cpuacct/g/cpu.stat': 'nr_periods 10\nnr_throttled 4\nthrottled_time 2500000000\n',
    'cpu,cpuacct/g/cpuacct.stat': 'user 150\nsystem 50\n',
    'memory/g/cgroup.procs': '7\n8\n',
    'memory/g/memory.stat':
      'total_cache 1\ntotal_mapped_file 2\ntotal_swap 3\ntotal_active_file 4\ntotal_inactive_file 5\ntotal_pgfault 6\ntotal_pgmajfault 7\n',
    'memory/g/memory.limit_in_bytes': '200\n',
    'memory/g/memory.memsw.limit_in_bytes': '9223372036854771712\n',
    'memory/g/memory.max_usage_in_bytes': '99\n',
    'memory/g/memory.failcnt': '2\n',
    'memory/g/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 3\n',
    'pids/g/pids.current': '5\n',
    'pids/g/pids.max': '100\n',
    'proc/7/net/dev': net,
  });
  const roots = ['cpu,cpuacct', 'memory', 'pids'].map((name) => join(folder, name));
  assert.deepEqual(await readGroupUsage({ version: 1, roots }, '/g', join(folder, 'proc')), {
    path: '/g',
    cpu: { user: 1.5, system: 0.5, periods: 10, throttledPeriods: 4, throttled: 2.5 },
    memory: {
      cache: 1,
      mapped: 2,
      kernel: 0,
      swap: 3,
      limit: 200,
      swapLimit: Number.POSITIVE_INFINITY,
      activeFile: 4,
      inactiveFile: 5,
      most: 99,
      failures: 2,
      kills: 3,
      pageFaults: 6,
      majorPageFaults: 7,
    },
    processes: 2,
    threads: 5,
    threadsLimit: 100,
    network,
  });
  assert.equal(await readGroupUsage({ version: 1, roots }, '/gone'), undefined);
  assert.deepEqual(await readGroupSwap({ version: 1, roots }, '/g'), { used: 3, limit: Number.POSITIVE_INFINITY });
  assert.equal(await readGroupSwap({ version: 1, roots }, '/gone'), undefined);
});

test('version 2 has all statistics in one place, including pressure', async (t) => {
  const folder = await filesIn(t, {
    'g/cpu.stat': 'user_usec 1500000\nsystem_usec 500000\nnr_periods 10\nnr_throttled 4\nthrottled_usec 2500000\n',
    'g/cgroup.procs': '7\n',
    'g/memory.stat': 'file 1\nfile_mapped 2\nkernel 9\nactive_file 4\ninactive_file 5\npgfault 6\npgmajfault 7\n',
    'g/memory.swap.current': '3\n',
    'g/memory.max': 'max\n',
    'g/memory.swap.max': '8\n',
    'g/memory.peak': '99\n',
    'g/memory.events': 'low 0\nmax 2\noom 1\noom_kill 3\n',
    'g/pids.current': '5\n',
    'g/pids.max': 'max\n',
    'g/cpu.pressure':
      'some avg10=1.50 avg60=0.25 avg300=0.01 total=2000000\nfull avg10=0 avg60=0 avg300=0 total=1000000\n',
    'g/memory.pressure': 'some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=0 avg60=0 avg300=0 total=0\n',
    'g/io.pressure': 'some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=0 avg60=0 avg300=0 total=0\n',
    'proc/7/net/dev': net,
  });
  const usage = await readGroupUsage({ version: 2, root: folder }, '/g', join(folder, 'proc'));
  assert.deepEqual(usage?.cpu, { user: 1.5, system: 0.5, periods: 10, throttledPeriods: 4, throttled: 2.5 });
  assert.deepEqual(
    [usage?.memory?.kernel, usage?.memory?.swap, usage?.memory?.failures, usage?.memory?.kills],
    [9, 3, 2, 3],
  );
  assert.deepEqual([usage?.memory?.limit, usage?.memory?.swapLimit], [Number.POSITIVE_INFINITY, 8]);
  assert.deepEqual(await readGroupSwap({ version: 2, root: folder }, '/g'), { used: 3, limit: 8 });
  assert.deepEqual([usage?.threadsLimit, usage?.network], [Number.POSITIVE_INFINITY, network]);
  assert.deepEqual(usage?.pressure?.cpu, {
    some: { total: 2_000_000, avg10: 1.5, avg60: 0.25, avg300: 0.01 },
    full: { total: 1_000_000, avg10: 0, avg60: 0, avg300: 0 },
  });
});

test('finds the cgroups of containers where the driver puts them', () => {
  const pod = podOf('p', {}, 'u-1');
  const of = (driver: 'cgroupfs' | 'systemd') =>
    new Cgroups({ version: 2, root: '/x' }, { root: '/', driver, cfsPeriod: undefined }).containerGroup(pod, 'abc');
  assert.equal(of('cgroupfs'), '/kubepods/besteffort/podu-1/abc');
  assert.equal(
    of('systemd'),
    '/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-podu_1.slice/cri-containerd-abc.scope',
  );
});
