import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type HorizontalPodAutoscalerSpec, horizontalpodautoscalers } from '@typernetes/api/autoscaling/v2';
import { pods } from '@typernetes/api/core/v1';
import type { FakeApi } from '@typernetes/client/testing';
import { notFound } from '@typernetes/machinery';
import { runController } from '../testing/index.ts';
import { horizontalPodAutoscalerController } from './register.ts';

const ref = { namespace: 'shop', name: 'web' };
const target = { type: 'Utilization', averageUtilization: 50 };
const spec: HorizontalPodAutoscalerSpec = {
  scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
  maxReplicas: 5,
  metrics: [{ type: 'Resource', resource: { name: 'cpu', target } }],
};

/** The usage of a Deployment "web" with one pod, and its resulting size. */
interface World {
  used: string | undefined;
  replicas: number;
}

async function prepare(api: FakeApi, world: World): Promise<void> {
  const container = { name: 'main', image: 'x', resources: { requests: { cpu: '1' } } };
  const started = '2025-12-31T00:00:00Z';
  await api.resource(pods).create({
    metadata: { name: 'web-1', namespace: 'shop', labels: { app: 'web' } },
    spec: { containers: [container] },
    status: {
      phase: 'Running',
      startTime: started,
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: started }],
    },
  });
  api.routes.set('GET /apis/apps', () => ({ versions: [{ groupVersion: 'apps/v1', version: 'v1' }] }));
  api.routes.set('GET /apis/apps/v1', () => ({
    resources: [
      { name: 'deployments', kind: 'Deployment', namespaced: true },
      { name: 'deployments/scale', kind: 'Scale', namespaced: true },
    ],
  }));
  const path = '/apis/apps/v1/namespaces/shop/deployments/web/scale';
  const scale = () => ({
    metadata: ref,
    spec: { replicas: world.replicas },
    status: { replicas: world.replicas, selector: 'app=web' },
  });
  api.routes.set(`GET ${path}`, scale);
  api.routes.set(`PUT ${path}`, (body) => {
    world.replicas = (body as { spec: { replicas: number } }).spec.replicas;
    return scale();
  });
  api.routes.set('GET /apis/metrics.k8s.io/v1beta1/namespaces/shop/pods?labelSelector=app%3Dweb', () => {
    if (world.used === undefined) throw notFound(pods, 'metrics');
    const usage = { cpu: world.used, memory: '1Mi' };
    return {
      items: [
        {
          metadata: { name: 'web-1' },
          timestamp: '2026-01-01T00:00:00Z',
          window: '30s',
          containers: [{ name: 'main', usage }],
        },
      ],
    };
  });
}

test("scales by the pods' usage, and reports metrics it cannot read", () => {
  const world: World = { used: '900m', replicas: 1 };
  return runController(
    horizontalPodAutoscalerController,
    async ({ api, clock, events, settle }) => {
      await api.resource(horizontalpodautoscalers).create({ metadata: ref, spec });
      await settle();
      const hpa = () => api.resource(horizontalpodautoscalers).get(ref);
      assert.equal(world.replicas, 2);
      assert.equal(
        events.seen.at(-1),
        'Normal SuccessfulRescale New size: 2; reason: cpu resource utilization (percentage of request) above target',
      );
      const { status } = await hpa();
      assert.deepEqual([status?.currentReplicas, status?.desiredReplicas], [1, 2]);
      assert.deepEqual(status?.currentMetrics?.[0]?.resource?.current, {
        averageUtilization: 90,
        averageValue: '900m',
      });
      const reasons = status?.conditions?.map(({ type, reason }) => `${type} ${reason}`);
      assert.deepEqual(reasons, [
        'AbleToScale SucceededRescale',
        'ScalingActive ValidMetricFound',
        'ScalingLimited DesiredWithinRange',
      ]);

      world.used = undefined;
      await clock.advance(15_000);
      await settle();
      assert.ok(
        events.seen.some((event) =>
          event.startsWith(
            'Warning FailedGetResourceMetric failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: ',
          ),
        ),
      );
      const active = (await hpa()).status?.conditions?.find(({ type }) => type === 'ScalingActive');
      assert.deepEqual([active?.status, active?.reason], ['False', 'FailedGetResourceMetric']);
      assert.equal(world.replicas, 2);
    },
    { prepare: (api) => prepare(api, world) },
  );
});

test('two autoscalers with the same pods stand still, and say so', () => {
  const world: World = { used: '900m', replicas: 1 };
  return runController(
    horizontalPodAutoscalerController,
    async ({ api, clock, events, settle }) => {
      const autoscalers = api.resource(horizontalpodautoscalers);
      for (const name of ['web', 'other']) {
        await autoscalers.create({ metadata: { ...ref, name }, spec });
        await settle();
      }
      assert.equal(world.replicas, 2, 'the first was alone');
      await clock.advance(15_000);
      await settle();
      const conditionOf = 'pods by selector app=web are controlled by multiple HPAs: [{other shop} {web shop}]';
      for (const name of ['web', 'other']) {
        const { status } = await autoscalers.get({ ...ref, name });
        const active = status?.conditions?.find(({ type }) => type === 'ScalingActive');
        assert.deepEqual(
          [active?.status, active?.reason, active?.message],
          ['False', 'AmbiguousSelector', conditionOf],
        );
      }
      assert.ok(events.seen.includes(`Warning AmbiguousSelector ${conditionOf}`));

      world.used = '1500m';
      await autoscalers.delete({ ...ref, name: 'other' });
      await clock.advance(15_000);
      await settle();
      assert.equal(world.replicas, 3, 'the one that is left goes on');
    },
    { prepare: (api) => prepare(api, world) },
  );
});

const external = {
  type: 'External',
  external: { metric: { name: 'jobs' }, target: { type: 'AverageValue', averageValue: '10' } },
};
const jobsPath = 'GET /apis/external.metrics.k8s.io/v1beta1/namespaces/shop/jobs';

test('what was scaled to zero comes back, and nothing else does', () => {
  const world: World = { used: undefined, replicas: 1 };
  let jobs = '0';
  return runController(
    horizontalPodAutoscalerController,
    async ({ api, clock, settle }) => {
      const { metrics: _, ...rest } = spec;
      const autoscalers = api.resource(horizontalpodautoscalers);
      await autoscalers.create({
        metadata: ref,
        spec: {
          ...rest,
          minReplicas: 0,
          metrics: [external],
          behavior: { scaleDown: { stabilizationWindowSeconds: 0 } },
        },
      });
      await settle();
      const conditionOf = async (type: string) => {
        const { status } = await autoscalers.get(ref);
        const condition = status?.conditions?.find((one) => one.type === type);
        return condition && [condition.status, condition.reason, condition.message];
      };
      assert.equal(world.replicas, 0);
      assert.deepEqual(await conditionOf('ScaledToZero'), [
        'True',
        'ScaledToZero',
        'the HPA controller scaled the workload to zero',
      ]);
      jobs = '25';
      await clock.advance(15_000);
      await settle();
      assert.equal(world.replicas, 3);
      assert.deepEqual(await conditionOf('ScaledToZero'), [
        'False',
        'NotScaledToZero',
        'the HPA controller did not scale the workload to zero',
      ]);
      world.replicas = 0;
      await clock.advance(15_000);
      await settle();
      assert.equal(world.replicas, 0, 'who else scales to zero wants none');
      assert.deepEqual(await conditionOf('ScalingActive'), [
        'False',
        'ScalingDisabled',
        'scaling is disabled since the replica count of the target is zero',
      ]);
    },
    {
      settings: { autoscalingToZero: true },
      prepare: async (api) => {
        await prepare(api, world);
        api.routes.set(jobsPath, () => ({
          items: [{ metricName: 'jobs', timestamp: '2026-01-01T00:00:00Z', value: jobs }],
        }));
      },
    },
  );
});

for (const [direction, ms] of [
  ['back', -3_600_000],
  ['forward', 3_600_000],
] as const)
  test(`pods are taken away after five minutes of less use when the clock is set ${direction}`, () => {
    const world: World = { used: '900m', replicas: 1 };
    return runController(
      horizontalPodAutoscalerController,
      async ({ api, clock, settle }) => {
        await api.resource(horizontalpodautoscalers).create({ metadata: ref, spec });
        await settle();
        assert.equal(world.replicas, 2);
        world.used = '100m';
        clock.jump(ms);
        for (let seconds = 0; seconds < 285; seconds += 15) {
          await clock.advance(15_000);
          await settle();
          assert.equal(world.replicas, 2, `after ${seconds + 15} s`);
        }
        await clock.advance(30_000);
        await settle();
        assert.equal(world.replicas, 1);
      },
      { prepare: (api) => prepare(api, world) },
    );
  });
