import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { aggregateText } from '@typernetes/base';
import { completeConfiguration } from './defaults.ts';
import { readConfiguration } from './drop-ins.ts';
import { validateConfiguration } from './validate.ts';

const header = 'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n';

test('drop-in files are merged in the order of their names', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kubelet-config-'));
  try {
    await writeFile(
      join(folder, 'config.yaml'),
      `${header}maxPods: 1\nport: 1\nkubeReserved: {cpu: '1', memory: 1Gi}\n`,
    );
    await writeFile(join(folder, '20-b.conf'), `${header}maxPods: 3\n`);
    await writeFile(
      join(folder, '10-a.conf'),
      `${header}maxPods: 2\nkubeReserved: {cpu: '2'}\nclusterDNS: [10.96.0.10]\n`,
    );
    const config = await readConfiguration(join(folder, 'config.yaml'), folder);
    assert.equal(config.maxPods, 3);
    assert.equal(config.port, 1);
    assert.deepEqual(config.kubeReserved, { cpu: '2', memory: '1Gi' });
    await writeFile(join(folder, '30-c.conf'), `${header}maxPodz: 3\n`);
    await assert.rejects(
      readConfiguration('', folder),
      /failed to load kubelet config file, path: .*30-c.conf, error: .*maxPodz/,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('the defaults are valid, and configured thresholds replace the defaults unless they are to be merged', () => {
  assert.deepEqual(validateConfiguration(completeConfiguration({})), []);
  const evictionHard = { 'memory.available': '1Gi' };
  assert.deepEqual(completeConfiguration({ evictionHard }).evictionHard, evictionHard);
  const merged = completeConfiguration({ evictionHard, mergeDefaultEvictionSettings: true });
  assert.equal(merged.evictionHard['nodefs.available'], '10%');
  assert.equal(completeConfiguration({ nodeStatusUpdateFrequency: '1s' }).nodeStatusReportFrequency, '1s');
});

test('the first processor alone may be reserved', () => {
  const config = completeConfiguration({ reservedSystemCPUs: '0' });
  assert.equal(config.reservedSystemCPUs, '0');
  assert.deepEqual(validateConfiguration(config), []);
});

test("reports all problems in upstream's words", () => {
  const config = completeConfiguration({
    imageGCHighThresholdPercent: 80,
    imageGCLowThresholdPercent: 85,
    containerLogMaxFiles: 1,
    port: -1,
    enforceNodeAllocatable: ['pods', 'kube-reserved'],
    shutdownGracePeriod: '10s',
    shutdownGracePeriodCriticalPods: '20s',
    memorySwap: { swapBehavior: 'All' },
    podLogsDir: 'logs/',
  });
  assert.equal(
    aggregateText(validateConfiguration(config)),
    `[${[
      'port (--port) -1 must be between 1 and 65535, inclusive',
      'imageGCLowThresholdPercent (--image-gc-low-threshold) 85 must be less than imageGCHighThresholdPercent (--image-gc-high-threshold) 80',
      'memorySwap.swapBehavior "All" must be one of: "", "LimitedSwap" or "NoSwap"',
      'kubeReservedCgroup (--kube-reserved-cgroup) must be specified when "kube-reserved" or "kube-reserved-compressible" included in enforceNodeAllocatable (--enforce-node-allocatable)',
      'shutdownGracePeriodCriticalPods {20s} must be <= shutdownGracePeriod {10s}',
      'containerLogMaxFiles must be greater than 1',
      'pod logs path "logs/" must be absolute path',
      'pod logs path "logs/" must be normalized',
    ]
      .map((problem) => `invalid configuration: ${problem}`)
      .join(', ')}]`,
  );
});

test('checks reservations, TLS names and log settings', () => {
  const config = completeConfiguration({
    reservedSystemCPUs: '3-1',
    kubeReservedCgroup: '/kube',
    reservedMemory: [{ numaNode: 0, limits: { memory: '0', cpu: '1' } }],
    registerWithTaints: [{ key: 'a b', effect: 'NoSchedule' }],
    memoryReservationPolicy: 'TieredReservation',
    logging: { format: 'xml' } as never,
    tlsMinVersion: 'SSL3',
    tlsCipherSuites: ['NULL'],
    tlsCurvePreferences: [1],
    showHiddenMetricsForVersion: '1.2',
  });
  assert.deepEqual(
    validateConfiguration(config).map((problem) => problem.replace('invalid configuration: ', '')),
    [
      'memoryReservationPolicy "TieredReservation" requires MemoryQoS feature gate to be enabled',
      "--show-hidden-metrics-for-version must be omitted or have the value '1.35'. Only the previous minor version is allowed",
      'logging.format: Invalid value: "xml": Unsupported log format',
      'unknown tls version "SSL3"',
      "Cipher suite NULL not supported or doesn't exist",
      "curve preference 1 not supported or doesn't exist",
      "can't use reservedSystemCPUs (--reserved-cpus) with systemReservedCgroup (--system-reserved-cgroup) or kubeReservedCgroup (--kube-reserved-cgroup)",
      'unable to parse reservedSystemCPUs (--reserved-cpus) 3-1, error: Cannot parse the list of processors "3-1"',
      'reserved memory may not be zero for NUMA node 0 and resource "memory"',
      'the limit type "cpu" for NUMA node 0 is not supported, only [memory hugepages-<HugePageSize>] is accepted',
      'invalid taint: a b=:NoSchedule',
    ],
  );
});
