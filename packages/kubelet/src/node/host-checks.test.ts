import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { KubeletConfiguration } from '@typernetes/api/kubelet.config/v1beta1';
import { silentLogger } from '@typernetes/base/testing';
import { completeConfiguration } from '../config/defaults.ts';
import { checkHost } from './host-checks.ts';
import { kernelProblems } from './kernel-settings.ts';
import { setUpOwnProcess } from './own-process.ts';

const swaps = 'Filename Type Size Used Priority\n/dev/sda2 partition 1 0 -2\n';
const check = (
  given: Partial<KubeletConfiguration>,
  host: { swaps?: string; driver?: 'systemd' | 'cgroupfs'; binding?: boolean; cgroupVersion?: 1 | 2 } = {},
) =>
  checkHost({
    config: completeConfiguration(given),
    runtime: {
      cgroupDriver: async () => host.driver && { driver: host.driver, binding: host.binding ?? false },
    },
    log: silentLogger,
    swaps: host.swaps ?? 'Filename Type Size Used Priority\n',
    cgroupVersion: host.cgroupVersion ?? 1,
  });

test('refuses enabled swap unless configured to tolerate it', async () => {
  await assert.rejects(check({}, { swaps }), { message: /^running with swap on is not supported.*\/dev\/sda2/ });
  await check({ failSwapOn: false }, { swaps });
  await check({});
  await check({}, { swaps: '' });
  const memorySwap = { swapBehavior: 'LimitedSwap' };
  await assert.rejects(check({ memorySwap }), { message: /"LimitedSwap" is not supported on a node with cgroup v1/ });
  await check({ memorySwap }, { cgroupVersion: 2 });
});

test('refuses cgroup v1 when configured to', async () => {
  await assert.rejects(check({ failCgroupV1: true }), {
    message: /^kubelet is configured to not run on a host using cgroup v1\./,
  });
  await check({ failCgroupV1: true }, { cgroupVersion: 2 });
  await check({ failCgroupV1: false });
});

test("refuses a cgroup driver that differs from the runtime's", async () => {
  await assert.rejects(check({ cgroupDriver: 'systemd' }, { driver: 'cgroupfs' }), {
    message:
      'misconfiguration: kubelet cgroup driver: "systemd" is different from the container runtime\'s cgroup driver: "cgroupfs"',
  });
  assert.equal((await check({}, { driver: 'systemd', binding: true })).cgroupDriver, 'systemd');
  assert.equal((await check({ cgroupDriver: 'systemd' }, { driver: 'systemd' })).cgroupDriver, 'systemd');
  assert.equal((await check({ cgroupDriver: 'systemd' })).cgroupDriver, 'systemd', 'the runtime does not tell');
});

test('refuses singleProcessOOMKill on cgroup v1', async () => {
  await assert.rejects(check({ singleProcessOOMKill: false }), {
    message: 'invalid configuration: singleProcessOOMKill must not be explicitly set to false when using cgroup v1',
  });
  await check({ singleProcessOOMKill: true });
  await check({ singleProcessOOMKill: false }, { cgroupVersion: 2 });
});

test('names kernel settings that differ from the expected values', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'kernel-'));
  t.after(() => rm(root, { recursive: true }));
  await mkdir(join(root, 'vm'));
  await writeFile(join(root, 'vm/overcommit_memory'), '0\n');
  await writeFile(join(root, 'vm/panic_on_oom'), '0\n');
  assert.deepEqual(await kernelProblems(root), [
    'invalid kernel flag: vm/overcommit_memory, expected value: 1, actual value: 0',
  ]);
});

test("sets up the kubelet's own process, and reports what it could not set", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'process-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(
    join(folder, 'limits'),
    'Max open files            1024                 4096                 files\n',
  );
  const logged: unknown[] = [];
  const log = { ...silentLogger, info: (message: string, fields?: object) => logged.push([message, fields]) };
  await setUpOwnProcess({ oomScoreAdj: -999, maxOpenFiles: 5000 }, log, folder);
  assert.equal(await readFile(join(folder, 'oom_score_adj'), 'utf8'), '-999');
  assert.deepEqual(logged, [['Failed to set rlimit on max file handles', { maxOpenFiles: 5000, limit: 4096 }]]);
  await setUpOwnProcess({ oomScoreAdj: 0, maxOpenFiles: 4096 }, log, folder);
  assert.equal(logged.length, 1);
});
