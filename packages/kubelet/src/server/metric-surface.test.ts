import { test } from 'node:test';
import type { Pod } from '@typernetes/api/core/v1';
import { FakeClock } from '@typernetes/base/testing';
import type { ContainerRuntime } from '@typernetes/cri';
import { createMetrics } from '@typernetes/process';
import { assertSurface, describedIn } from '../../../../test/integration/metric-surface.ts';
import { certificateMetrics } from '../certificates/certificate-metrics.ts';
import { draMetrics } from '../dra/dra-metrics.ts';
import { kubeletMetrics, observedRuntime } from '../metrics/kubelet-metrics.ts';
import { deviceMetrics, managerMetrics, podResourcesMetrics } from '../resource-managers/manager-metrics.ts';
import { httpMetrics } from './http-metrics.ts';
import { probeMetrics } from './probe-metrics.ts';
import { resourceMetrics } from './usage-metrics.ts';
import { volumeMetrics } from './volume-metrics.ts';

const metadata = { name: 'p', namespace: 'default', uid: 'u' };
const pod = {
  metadata,
  spec: { containers: [] },
  status: { containerStatuses: [{ name: 'c', state: { running: { startedAt: '2026-01-01T00:00:00Z' } } }] },
} as unknown as Pod;

test("every metric of upstream's kubelet exists, or docs/metrics.md says why not", () => {
  const metrics = createMetrics();
  kubeletMetrics(metrics, {
    nodeName: 'n',
    pods: () => [],
    volumes: () => [],
    credentialProviders: 'sha256:a',
    cgroupVersion: 2,
  });
  const runtime = new Proxy({} as ContainerRuntime, { get: () => async () => undefined });
  observedRuntime(runtime, metrics, new FakeClock());
  certificateMetrics(metrics, new FakeClock());
  httpMetrics(metrics, new FakeClock());
  deviceMetrics(metrics);
  podResourcesMetrics(metrics);
  managerMetrics(metrics, () => ({ shared: 1, exclusive: new Map([[0, 1]]) }));
  draMetrics(metrics, () => new Map());
  const measured = { claim: { namespace: 'default', name: 'c' } };
  const amounts = { availableBytes: 1, capacityBytes: 1, inodes: 1, inodesFree: 1, inodesUsed: 1, usedBytes: 1 };
  const mounted = new Map([['u', new Map([['v', { ...measured, ...amounts }]])]]) as never;
  assertSurface('kubelet', [...metrics.describe(), ...describedIn(volumeMetrics(mounted))]);
});

test("the kubelet's debug pages have the contents of upstream's", () => {
  const amount = { value: '1', timestamp: '0' };
  const stats = [
    {
      attributes: { id: 'c', metadata: { name: 'c' }, labels: {} },
      cpu: { timestamp: '0', usageCoreNanoSeconds: amount },
      memory: { timestamp: '0', workingSetBytes: amount },
    },
  ] as never;
  const machine = { memory: { workingSetBytes: 1 }, swap: { capacity: 3, available: 2 } } as never;
  const cpu = { usageCoreNanoSeconds: 1 } as never;
  const swaps = new Map([['c', { used: 1, limit: 2 }]]);
  const sight = { stats, pods: [pod], machine, cpu, cpus: 1, now: 0, swaps };
  assertSurface('kubelet /metrics/resource', describedIn(resourceMetrics(sight)));
  const durations = { counts: [], sum: 0, count: 1 };
  const sample = { pod, container: 'c', kind: 'liveness', counts: { successful: 1 }, durations } as never;
  assertSurface('kubelet /metrics/probes', describedIn(probeMetrics([sample])));
});
