import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerStats } from '@typernetes/cri';
import type { MachineUsage } from '../resources/machine-usage.ts';
import type { GroupUsage } from '../runtime/group-usage.ts';
import { podOf } from '../testing/pod-machine.ts';
import { cadvisorMetrics } from './cadvisor-metrics.ts';
import { statsSummary } from './stats-summary.ts';

const startedAt = '1970-01-01T00:00:05Z';
const limits = { cpu: '500m', memory: '64Mi' };
const pod = {
  ...podOf('web', { containers: [{ name: 'app', resources: { limits } }, { name: 'side' }] }),
  status: {
    containerStatuses: [{ name: 'app', image: 'nginx:1', state: { running: { startedAt } } }],
  },
} as never as ReturnType<typeof podOf>;

const statOf = (id: string, name: string): ContainerStats => ({
  attributes: {
    id,
    metadata: { name, attempt: 0 },
    labels: {
      'io.kubernetes.container.name': name,
      'io.kubernetes.pod.name': 'web',
      'io.kubernetes.pod.namespace': 'default',
      'io.kubernetes.pod.uid': 'uid-web',
    },
  },
  cpu: { timestamp: '7000000', usageCoreNanoSeconds: { value: '3000000000' }, usageNanoCores: null },
  memory: null,
  writableLayer: null,
});

const traffic = { bytes: 10, packets: 2, errors: 1, dropped: 3 };
const waited = (seconds: number) => ({ total: seconds * 1e6, avg10: 0, avg60: 0, avg300: 0 });
const calm = { some: waited(0), full: waited(0) };
const groupOf = (id: string): GroupUsage => ({
  path: `/kubepods/burstable/poduid-web/${id}`,
  cpu: { user: 2, system: 1, periods: 100, throttledPeriods: 7, throttled: 0.5 },
  memory: {
    cache: 11,
    mapped: 12,
    kernel: 13,
    limit: 1000,
    swapLimit: 0,
    swap: 14,
    activeFile: 15,
    inactiveFile: 16,
    most: 17,
    failures: 18,
    kills: 21,
    pageFaults: 19,
    majorPageFaults: 20,
  },
  processes: 2,
  threads: 3,
  threadsLimit: Number.POSITIVE_INFINITY,
  network: [{ name: 'eth0', receive: traffic, transmit: { ...traffic, bytes: 30 } }],
  pressure: { cpu: { some: waited(2), full: waited(1) }, memory: calm, io: calm },
});

const machine = { memory: { capacity: 100 }, processes: {}, network: [], upSeconds: 4 } as never as MachineUsage;
const stats = [statOf('a1', 'app'), statOf('b1', 'side')];
const groups = new Map(['a1', 'b1'].map((id) => [id, groupOf(id)]));
const sight = { stats, groups, pods: [pod], machine, cpu: {} as never, cpus: 2, now: 9000, cfsPeriod: 100_000 };

test("reports containers with cAdvisor's names and labels", () => {
  const lines = new Set(cadvisorMetrics(sight).split('\n'));
  const own =
    'container="app",id="/kubepods/burstable/poduid-web/a1",image="nginx:1",name="a1",namespace="default",pod="web"';
  for (const [line, value] of [
    [`container_cpu_usage_seconds_total{${own},cpu="total"}`, '3 7'],
    [`container_cpu_user_seconds_total{${own}}`, '2 9000'],
    [`container_cpu_cfs_throttled_seconds_total{${own}}`, '0.5 9000'],
    [`container_memory_cache{${own}}`, '11 9000'],
    [`container_oom_events_total{${own}}`, '21 9000'],
    [`container_memory_swap{${own}}`, '14 9000'],
    [`container_memory_failures_total{${own},failure_type="pgmajfault",scope="hierarchy"}`, '20 9000'],
    [`container_spec_cpu_quota{${own}}`, '50000 9000'],
    [`container_spec_cpu_shares{${own}}`, '512 9000'],
    [`container_spec_memory_limit_bytes{${own}}`, '67108864 9000'],
    [`container_start_time_seconds{${own}}`, '5 9000'],
    [`container_threads_max{${own}}`, '0 9000'],
    [`container_pressure_cpu_waiting_seconds_total{${own}}`, '2 9000'],
  ])
    assert.ok(lines.has(`${line} ${value}`), `${line} ${value}`);
  const side = [...lines].filter((line) => line.includes('container="side"'));
  assert.ok(!side.some((line) => /cfs_|spec_cpu_quota/.test(line)), 'nobody throttles it');
});

test("a pod's network is reported once, however many containers it has", () => {
  const lines = cadvisorMetrics(sight)
    .split('\n')
    .filter((line) => line.startsWith('container_network_'));
  const own =
    'container="",id="/kubepods/burstable/poduid-web",image="",interface="eth0",name="",namespace="default",pod="web"';
  assert.equal(lines.length, 8);
  assert.ok(lines.includes(`container_network_receive_bytes_total{${own}} 10 9000`));
  assert.ok(lines.includes(`container_network_transmit_bytes_total{${own}} 30 9000`));
  assert.ok(lines.includes(`container_network_receive_packets_dropped_total{${own}} 3 9000`));
});

test('the summary has networks, processes and start times', () => {
  const space = { available: 1, capacity: 2 };
  const nodeFs = { bytes: space, inodes: space };
  const { node, pods } = statsSummary({
    system: [],
    brief: false,
    ...sight,
    nodeName: 'n',
    usages: new Map(),
    mounted: new Map(),
    machine: { ...machine, nodeFs, swap: space },
  }) as {
    node: { startTime: string };
    pods: { [key: string]: unknown; containers: { [key: string]: unknown; startTime: string }[] }[];
  };
  assert.equal(node.startTime, startedAt);
  const [summary] = pods;
  assert.deepEqual(summary?.network, {
    time: '1970-01-01T00:00:09Z',
    name: 'eth0',
    rxBytes: 10,
    rxErrors: 1,
    txBytes: 30,
    txErrors: 1,
    interfaces: [{ name: 'eth0', rxBytes: 10, rxErrors: 1, txBytes: 30, txErrors: 1 }],
  });
  assert.deepEqual(summary?.process_stats, { process_count: 4 });
  assert.equal(summary?.containers[0]?.startTime, startedAt);
  const time = '1970-01-01T00:00:09Z';
  assert.deepEqual(summary?.swap, { time, swapUsageBytes: 28 });
  const [first] = summary?.containers ?? [];
  assert.deepEqual(first?.swap, { time, swapAvailableBytes: 0, swapUsageBytes: 14 });
  const none = { total: 0, avg10: 0, avg60: 0, avg300: 0 };
  assert.deepEqual(first?.io, { time, psi: { full: none, some: none } });
  const processor = (first?.cpu ?? {}) as { psi?: { some: { total: number } } };
  assert.equal(processor.psi?.some.total, 2e9);
});
