import assert from 'node:assert/strict';
import { test } from 'node:test';
import { horizontalpodautoscalers } from '@typernetes/api/autoscaling/v2';
import { pods } from '@typernetes/api/core/v1';
import { notFound } from '@typernetes/machinery';
import { runController } from '../testing/index.ts';
import { horizontalPodAutoscalerController } from './register.ts';

const ref = { namespace: 'shop', name: 'web' };
const target = { type: 'Utilization', averageUtilization: 50 };

test('scales by what pods use, and says what it cannot read', () => {
  let used: string | undefined = '900m';
  let replicas = 1;
  return runController(
    horizontalPodAutoscalerController,
    async ({ api, clock, events, settle }) => {
      await api.resource(horizontalpodautoscalers).create({
        metadata: ref,
        spec: {
          scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
          maxReplicas: 5,
          metrics: [{ type: 'Resource', resource: { name: 'cpu', target } }],
        },
      });
      await settle();
      const hpa = () => api.resource(horizontalpodautoscalers).get(ref);
      assert.equal(replicas, 2);
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

      used = undefined;
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
      assert.equal(replicas, 2);
    },
    {
      prepare: async (api) => {
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
        api.routes.set('GET /apis/apps/v1', () => ({
          resources: [
            { name: 'deployments', kind: 'Deployment' },
            { name: 'deployments/scale', kind: 'Scale' },
          ],
        }));
        const path = '/apis/apps/v1/namespaces/shop/deployments/web/scale';
        const scale = () => ({ metadata: ref, spec: { replicas }, status: { replicas, selector: 'app=web' } });
        api.routes.set(`GET ${path}`, scale);
        api.routes.set(`PUT ${path}`, (body) => {
          replicas = (body as { spec: { replicas: number } }).spec.replicas;
          return scale();
        });
        api.routes.set('GET /apis/metrics.k8s.io/v1beta1/namespaces/shop/pods?labelSelector=app%3Dweb', () => {
          if (used === undefined) throw notFound(pods, 'metrics');
          const usage = { cpu: used, memory: '1Mi' };
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
      },
    },
  );
});
