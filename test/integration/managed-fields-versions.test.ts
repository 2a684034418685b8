import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CustomResourceDefinition, customresourcedefinitions } from '@typernetes/api/apiextensions/v1';
import {
  type HorizontalPodAutoscaler as AutoscalerV1,
  horizontalpodautoscalers as autoscalersV1,
} from '@typernetes/api/autoscaling/v1';
import { type HorizontalPodAutoscaler, horizontalpodautoscalers } from '@typernetes/api/autoscaling/v2';
import { type Event as CoreEvent, events as coreEvents } from '@typernetes/api/core/v1';
import { type Event, events } from '@typernetes/api/events/v1';
import { type ApiObject, apiVersionOf, isConflict, isNotFound } from '@typernetes/machinery';
import { eventually, withApi } from './api.ts';

/** `manager operation apiVersion`, and what it owns below `spec` or in the object itself. */
function owners(object: ApiObject, below?: string): Record<string, unknown> {
  const entries = object.metadata.managedFields ?? [];
  return Object.fromEntries(
    entries.map(({ manager, operation, apiVersion, fieldsV1 }) => {
      const fields = fieldsV1 as Record<string, object> | undefined;
      const owned = below === undefined ? fields : fields?.[below];
      return [`${manager} ${operation} ${apiVersion}`, Object.keys(owned ?? {}).sort()];
    }),
  );
}

const conflicts = (message: string) => (error: Error) => {
  assert.ok(isConflict(error));
  assert.equal(error.message, message);
  return true;
};

test("each manager owns an autoscaler's fields in its own version: conflicts, force, updates and leftovers", () =>
  withApi(async (client) => {
    const [olds, news] = [client.resource<AutoscalerV1>(autoscalersV1), client.resource(horizontalpodautoscalers)];
    const ref = { namespace: 'default', name: 'web' };
    const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
    const config = (type: typeof autoscalersV1 | typeof horizontalpodautoscalers, spec: object) => ({
      apiVersion: apiVersionOf(type),
      kind: 'HorizontalPodAutoscaler',
      metadata: ref,
      spec: { scaleTargetRef, ...spec },
    });
    const cpu = (averageUtilization: number) => [
      { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } } },
    ];
    const first = config(autoscalersV1, { maxReplicas: 3, targetCPUUtilizationPercentage: 50 });
    await olds.patch(ref, first, { type: 'apply', fieldManager: 'first' });

    const same = config(horizontalpodautoscalers, { maxReplicas: 3, metrics: cpu(50) });
    const shared = await news.patch(ref, same, { type: 'apply', fieldManager: 'second' });
    assert.deepEqual(owners(shared, 'f:spec'), {
      'first Apply autoscaling/v1': ['f:maxReplicas', 'f:scaleTargetRef', 'f:targetCPUUtilizationPercentage'],
      'second Apply autoscaling/v2': ['f:maxReplicas', 'f:metrics', 'f:scaleTargetRef'],
    });

    const other = config(horizontalpodautoscalers, { minReplicas: 2, maxReplicas: 3, metrics: cpu(80) });
    await assert.rejects(
      news.patch(ref, other, { type: 'apply', fieldManager: 'second' }),
      conflicts('Apply failed with 1 conflict: conflict with "first": .spec.targetCPUUtilizationPercentage'),
    );
    const forced = await news.patch(ref, other, { type: 'apply', fieldManager: 'second', force: true });
    assert.deepEqual(owners(forced, 'f:spec'), {
      'first Apply autoscaling/v1': ['f:maxReplicas', 'f:scaleTargetRef'],
      'second Apply autoscaling/v2': ['f:maxReplicas', 'f:metrics', 'f:minReplicas', 'f:scaleTargetRef'],
    });
    assert.equal((await olds.get(ref)).spec.targetCPUUtilizationPercentage, 80);

    const live = await olds.get(ref);
    const updated = await olds.update(
      { ...live, spec: { ...live.spec, targetCPUUtilizationPercentage: 70, maxReplicas: 4 } },
      { fieldManager: 'third' },
    );
    assert.deepEqual(owners(updated, 'f:spec'), {
      'first Apply autoscaling/v1': ['f:scaleTargetRef'],
      'second Apply autoscaling/v2': ['f:minReplicas', 'f:scaleTargetRef'],
      'third Update autoscaling/v1': ['f:maxReplicas', 'f:targetCPUUtilizationPercentage'],
    });

    // An applier is the same in another version, and what it had set in the former one is removed.
    const moved = config(autoscalersV1, { maxReplicas: 4 });
    const left = await olds.patch(ref, moved, { type: 'apply', fieldManager: 'second' });
    assert.deepEqual(owners(left, 'f:spec'), {
      'first Apply autoscaling/v1': ['f:scaleTargetRef'],
      'second Apply autoscaling/v1': ['f:maxReplicas', 'f:scaleTargetRef'],
      'third Update autoscaling/v1': ['f:maxReplicas', 'f:targetCPUUtilizationPercentage'],
    });
    const rest: HorizontalPodAutoscaler = await news.get(ref);
    assert.equal(rest.spec.minReplicas, 1, 'as the default has it');
    assert.equal(rest.spec.metrics?.[0]?.resource?.target.averageUtilization, 70, 'what others own stays');
  }));

test('events are owned in the API group through which they were written', () =>
  withApi(async (client) => {
    const event = {
      metadata: { namespace: 'default', name: 'told' },
      eventTime: '2026-01-01T00:00:00.000000Z',
      reportingController: 'example.com/teller',
      reportingInstance: 'one',
      action: 'Tell',
      reason: 'Told',
      type: 'Normal',
      note: 'once',
      regarding: { kind: 'Pod', namespace: 'default', name: 'web' },
    };
    const ref = { namespace: 'default', name: 'told' };
    await client.resource<Event>(events).create(event as never, { fieldManager: 'teller' });
    const labelled = await client
      .resource<CoreEvent>(coreEvents)
      .patch(ref, { metadata: { labels: { seen: 'yes' } } }, { type: 'merge', fieldManager: 'reader' });
    assert.ok(owners(labelled)['teller Update events.k8s.io/v1']);
    assert.deepEqual(owners(labelled)['reader Update v1'], ['f:metadata']);
    assert.ok((owners(labelled)['teller Update events.k8s.io/v1'] as string[]).includes('f:note'));
    await client
      .resource<CoreEvent>(coreEvents)
      .patch(ref, { message: 'twice' }, { type: 'merge', fieldManager: 'reader' });
    const owned = owners(await client.resource<Event>(events).get(ref)) as Record<string, string[]>;
    assert.deepEqual(owned['reader Update v1'], ['f:message', 'f:metadata']);
    assert.ok(!owned['teller Update events.k8s.io/v1']?.includes('f:note'), 'it is the note that became another');
    assert.ok(owned['teller Update events.k8s.io/v1']?.includes('f:reason'));
  }));

/** Undefined if it is not served yet. */
function onlyNotFound(error: Error): undefined {
  if (!isNotFound(error)) throw error;
}

interface Box extends ApiObject {
  readonly spec?: { readonly labels?: Readonly<Record<string, string>> };
}

test('when a definition makes a field atomic, it is owned as a whole from then on', () =>
  withApi(async (client) => {
    const definitions = client.resource<CustomResourceDefinition>(customresourcedefinitions);
    const definition = (mapType: object) => {
      const labels = { type: 'object', additionalProperties: { type: 'string' }, ...mapType };
      const spec = { type: 'object', properties: { labels } };
      return {
        group: 'example.com',
        scope: 'Namespaced' as const,
        names: { plural: 'boxes', singular: 'box', kind: 'Box', listKind: 'BoxList' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: 'object', properties: { spec } } },
          },
        ],
      };
    };
    const metadata = { name: 'boxes.example.com' };
    await definitions.create({ metadata, spec: definition({}) } as never);
    const boxes = client.resource<Box>({
      ...definition({}).names,
      group: 'example.com',
      version: 'v1',
      namespaced: true,
    });
    const ref = { namespace: 'default', name: 'one' };
    const apply = (fieldManager: string, labels: Readonly<Record<string, string>>) =>
      boxes.patch(
        ref,
        { apiVersion: 'example.com/v1', kind: 'Box', metadata: ref, spec: { labels } },
        { type: 'apply', fieldManager },
      );
    await eventually(() => apply('first', { a: '1' }).catch(onlyNotFound));
    await apply('second', { b: '2' });
    const live = await definitions.get(metadata);
    await definitions.update({ ...live, spec: definition({ 'x-kubernetes-map-type': 'atomic' }) } as never);
    // The new schema takes effect a moment later: until then labels are merged.
    await eventually(async () => {
      const error = await apply('second', { b: '2', c: '3' }).catch((refused: Error) => refused);
      if (!(error instanceof Error)) return undefined;
      assert.equal(error.message, 'Apply failed with 1 conflict: conflict with "first": .spec.labels');
      return true;
    });
  }));
