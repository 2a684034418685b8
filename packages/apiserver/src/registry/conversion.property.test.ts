import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HorizontalPodAutoscaler } from '@typernetes/api/autoscaling/v2';
import type { Event } from '@typernetes/api/core/v1';
import fc from 'fast-check';
import { fromV2, toV2 } from './autoscaling/conversion.ts';
import { fromCoreEvent, toCoreEvent } from './events/conversion.ts';

const metadata = { name: 'x', namespace: 'shop', uid: 'u', resourceVersion: '1', creationTimestamp: '' };
const word = fc.stringMatching(/^[a-z]{1,8}$/);
const time = fc.constantFrom('2026-01-01T00:00:00Z', '2026-02-02T02:02:02Z');
const optional = <T extends object>(members: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(members, { requiredKeys: [] });

const event = optional<Partial<Event>>({
  reason: word,
  message: word,
  source: fc.record({ component: word }),
  firstTimestamp: time,
  lastTimestamp: time,
  count: fc.nat(),
  type: fc.constantFrom('Normal', 'Warning'),
  eventTime: time,
  series: fc.record({ count: fc.nat(), lastObservedTime: time }),
  action: word,
  related: fc.record({ kind: word, name: word }),
  reportingComponent: word,
  reportingInstance: word,
});

test('an event survives a round trip through the other group', () => {
  fc.assert(
    fc.property(event, (parts) => {
      const kind = { apiVersion: 'v1', kind: 'Event' };
      const stored: Event = structuredClone({ ...kind, metadata, involvedObject: { kind: 'Pod' }, ...parts });
      assert.deepEqual(toCoreEvent(fromCoreEvent(stored)), stored);
    }),
  );
});

const amount = fc.constantFrom('1', '250m', '2Gi');
const utilization = fc.integer({ min: 1, max: 100 });
const averageValue = amount.map((value) => ({ type: 'AverageValue', averageValue: value }));
const utilizationTarget = utilization.map((value) => ({ type: 'Utilization', averageUtilization: value }));
const identifier = word.map((name) => ({ name }));
const metric = fc.oneof(
  fc.record({
    type: fc.constant('Resource'),
    resource: fc.record({ name: fc.constant('memory'), target: fc.oneof(averageValue, utilizationTarget) }),
  }),
  fc.record({
    type: fc.constant('ContainerResource'),
    containerResource: fc.record({ name: word, container: word, target: fc.oneof(averageValue, utilizationTarget) }),
  }),
  fc.record({ type: fc.constant('Pods'), pods: fc.record({ metric: identifier, target: averageValue }) }),
  fc.record({
    type: fc.constant('External'),
    external: fc.record({
      metric: identifier,
      target: fc.oneof(
        averageValue,
        amount.map((value) => ({ type: 'Value', value })),
      ),
    }),
  }),
  fc.record({
    type: fc.constant('Object'),
    object: fc.record({
      describedObject: fc.record({ kind: word, name: word }),
      metric: identifier,
      target: amount.map((value) => ({ type: 'Value', value })),
    }),
  }),
);
const cpu = utilizationTarget.map((target) => ({ type: 'Resource', resource: { name: 'cpu', target } }));

test('an autoscaler survives a round trip through the older version', () => {
  fc.assert(
    fc.property(fc.array(metric, { maxLength: 4 }), fc.option(cpu), fc.boolean(), (others, ofCpu, behaves) => {
      const metrics = ofCpu ? [...others, ofCpu] : others;
      // A clone, since what the library makes may have no prototype.
      const stored: HorizontalPodAutoscaler = structuredClone({
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { ...metadata, annotations: { mine: 'stays' } },
        spec: {
          scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
          minReplicas: 1,
          maxReplicas: 3,
          ...(metrics.length > 0 ? { metrics } : {}),
          ...(behaves ? { behavior: { scaleUp: { selectPolicy: 'Max', stabilizationWindowSeconds: 0 } } } : {}),
        },
        status: { currentReplicas: 1, desiredReplicas: 2, currentMetrics: null },
      });
      assert.deepEqual(toV2(fromV2(stored)), stored);
    }),
  );
});
