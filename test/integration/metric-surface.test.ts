import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '@typernetes/api/core/v1';
import { gateStates } from '@typernetes/api/gate-settings';
import { systemClock } from '@typernetes/base';
import { proxyMetrics } from '@typernetes/kube-proxy';
import {
  componentMetrics,
  createMetrics,
  leaderElectionMetrics,
  type MetricDescription,
  type Metrics,
  processMetrics,
  restClientMetrics,
  sliMetrics,
  workQueueMetrics,
} from '@typernetes/process';
import { podResourceMetrics } from '@typernetes/scheduler';
import { withRestartableApi } from './api.ts';
import { controllers, scheduler } from './control-plane.ts';
import { assertSurface, describedIn } from './metric-surface.ts';

/** Adds the metrics that all components have. */
function shared(metrics: Metrics): Metrics {
  processMetrics(metrics, systemClock.now());
  componentMetrics(metrics, { gates: gateStates() });
  restClientMetrics(metrics);
  workQueueMetrics(metrics);
  leaderElectionMetrics(metrics, 'lease');
  return metrics;
}

const sharedNames = new Set([
  ...shared(createMetrics())
    .describe()
    .map(({ name }) => name),
  'running_managed_controllers',
]);

/** The metrics that not all components have. */
const ownOf = (metrics: Metrics): MetricDescription[] =>
  metrics.describe().filter(({ name }) => !sharedNames.has(name));

test('the API server and the controllers have all metrics of upstream, or docs/metrics.md says why not', async () => {
  await withRestartableApi(async ({ metrics, client }) => {
    assertSurface('kube-apiserver', ownOf(metrics()));
    const ofControllers = createMetrics();
    const stop = new AbortController();
    const settings = { allocateNodeCidrs: true, clusterCidr: '10.244.0.0/16' };
    const running = controllers(client, { metrics: ofControllers, settings }).run(stop.signal);
    stop.abort();
    await running.catch(() => {});
    assertSurface('kube-controller-manager', ownOf(ofControllers));
    const ofScheduler = createMetrics();
    await scheduler(client, { metrics: ofScheduler })
      .run(stop.signal)
      .catch(() => {});
    assertSurface('kube-scheduler', ofScheduler.describe());
  });
});

test('components have all shared metrics of upstream, or docs/metrics.md says why not', () => {
  const metrics = shared(createMetrics());
  metrics.gauge('running_managed_controllers', {
    help: 'Indicates where instances of a controller are currently running',
    stability: 'BETA',
    labels: ['name', 'manager'],
  });
  assertSurface('every component', metrics.describe());
});

/** The metrics of both proxy modes. */
function ofProxy(): ReturnType<Metrics['describe']> {
  const both = ['iptables', 'nftables'].flatMap((mode) => {
    const metrics = createMetrics();
    proxyMetrics(metrics, mode);
    return metrics.describe();
  });
  return [...new Map(both.map((one) => [one.name, one])).values()];
}

test('kube-proxy has all metrics of upstream, or docs/metrics.md says why not', () => {
  assertSurface('kube-proxy', ofProxy());
});

test('separate metrics pages have all metrics of upstream', async () => {
  const slis = sliMetrics();
  const { healthz } = slis.observed({ healthz: [{ name: 'ping', check: () => {} }] });
  await healthz[0]?.check();
  assertSurface('/metrics/slis', describedIn(slis.render()));
  const resources = { requests: { cpu: '1' }, limits: { cpu: '1' } };
  const pod = { metadata: { name: 'a' }, spec: { containers: [{ name: 'a', resources }] } } as unknown as Pod;
  assertSurface('kube-scheduler /metrics/resources', describedIn(podResourceMetrics([pod])));
});

test('a metric that disappears is noticed', () => {
  const [, ...fewer] = ofProxy();
  assert.throws(() => assertSurface('kube-proxy', fewer), /is missing/);
  const other = ofProxy().map((one) => ({ ...one, labels: [...one.labels, 'more'] }));
  assert.throws(() => assertSurface('kube-proxy', other), /instead of/);
});
