import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeletConfiguration } from '@typernetes/api/kubelet.config/v1beta1';
import { silentLogger } from '@typernetes/base/testing';
import { completeConfiguration } from '../config/defaults.ts';
import { checkHost } from './host-checks.ts';

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

test('swap that is on is refused unless the owner allows it', async () => {
  await assert.rejects(check({}, { swaps }), { message: /^running with swap on is not supported.*\/dev\/sda2/ });
  await check({ failSwapOn: false }, { swaps });
  await check({});
  await check({}, { swaps: '' });
  const memorySwap = { swapBehavior: 'LimitedSwap' };
  await assert.rejects(check({ memorySwap }), { message: /"LimitedSwap" is not supported on a node with cgroup v1/ });
  await check({ memorySwap }, { cgroupVersion: 2 });
});

test('version 1 of control groups is refused when the owner wants it to be', async () => {
  await assert.rejects(check({ failCgroupV1: true }), {
    message: /^kubelet is configured to not run on a host using cgroup v1\./,
  });
  await check({ failCgroupV1: true }, { cgroupVersion: 2 });
  await check({ failCgroupV1: false });
});

test('control groups are made as the runtime makes them, or not at all', async () => {
  await assert.rejects(check({ cgroupDriver: 'systemd' }, { driver: 'cgroupfs' }), {
    message:
      'misconfiguration: kubelet cgroup driver: "systemd" is different from the container runtime\'s cgroup driver: "cgroupfs"',
  });
  assert.equal((await check({}, { driver: 'systemd', binding: true })).cgroupDriver, 'systemd');
  assert.equal((await check({ cgroupDriver: 'systemd' }, { driver: 'systemd' })).cgroupDriver, 'systemd');
  assert.equal((await check({ cgroupDriver: 'systemd' })).cgroupDriver, 'systemd', 'the runtime does not tell');
});
