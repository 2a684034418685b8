import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deployments } from '@typernetes/api/apps/v1';
import { namespaces, type Pod, pods, resourcequotas } from '@typernetes/api/core/v1';
import { poddisruptionbudgets } from '@typernetes/api/policy/v1';
import type { ApiClient } from '@typernetes/client';
import { reasonOf, type StatusError } from '@typernetes/machinery';
import { eventually } from './api.ts';
import { withCluster } from './cluster.ts';

const namespace = 'default';
const labels = { app: 'web' };
const template = { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'web:1' }] } };
const deployment = (replicas: number) => ({
  metadata: { name: 'web', namespace },
  spec: { replicas, selector: { matchLabels: labels }, template },
});

async function evict(client: ApiClient, pod: Pod | undefined): Promise<void> {
  const { name = '' } = pod?.metadata ?? {};
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } };
  await client.resource(pods).createSubresource({ namespace, name }, 'eviction', eviction);
}

test('a disruption budget follows the scale of the owner and blocks evictions beyond its limit', () =>
  withCluster({ becomesReady: ({ metadata }) => !metadata.name.startsWith('sick') }, async (client) => {
    const budgets = client.resource(poddisruptionbudgets);
    const ref = { namespace, name: 'web' };
    const running = async () => {
      const { items } = await client.resource(pods).list({ namespace, labelSelector: 'app=web' });
      return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    };
    const settled = (healthy: number, allowed: number) =>
      eventually(async () => {
        const { status, metadata } = await budgets.get(ref);
        const isNow = status?.observedGeneration === metadata.generation && status?.currentHealthy === healthy;
        return isNow && (status?.disruptionsAllowed ?? 0) === allowed ? status : undefined;
      });
    await client.resource(deployments).create(deployment(3));
    await budgets.create({ metadata: ref, spec: { maxUnavailable: 0, selector: { matchLabels: labels } } });
    const none = await settled(3, 0);
    assert.deepEqual(
      [none.expectedPods, none.desiredHealthy, none.conditions?.[0]?.reason],
      [3, 3, 'InsufficientPods'],
    );
    const refused = await evict(client, (await running())[0]).catch((error: unknown) => error);
    assert.equal(reasonOf(refused), 'TooManyRequests');
    assert.equal(
      (refused as StatusError).details?.causes?.[0]?.message,
      'The disruption budget web needs 3 healthy pods and has 3 currently',
    );

    await budgets.patch(ref, { spec: { maxUnavailable: 1 } }, { type: 'merge' });
    await settled(3, 1);
    const [gone] = await running();
    await evict(client, gone);
    await settled(3, 1);
    assert.ok((await running()).every(({ metadata }) => metadata.uid !== gone?.metadata.uid));

    // With this policy, unhealthy pods may be evicted even if no disruptions are allowed.
    await budgets.patch(
      ref,
      { spec: { maxUnavailable: 0, unhealthyPodEvictionPolicy: 'AlwaysAllow' } },
      { type: 'merge' },
    );
    await client.resource(deployments).delete(ref, { propagationPolicy: 'Background' });
    await client.resource(pods).create({ metadata: { name: 'sick', namespace, labels }, spec: template.spec });
    const sick = await eventually(async () => {
      const pod = await client.resource(pods).get({ namespace, name: 'sick' });
      return pod.status?.phase === 'Running' ? pod : undefined;
    });
    await evict(client, sick);
  }));

test('quota is released when objects are deleted', () =>
  withCluster({}, async (client) => {
    const limited = 'limited';
    await client.resource(namespaces).create({ metadata: { name: limited }, spec: {} });
    const ref = { namespace: limited, name: 'few' };
    const quotas = client.resource(resourcequotas);
    await quotas.create({ metadata: ref, spec: { hard: { pods: '2', 'count/deployments.apps': '1' } } });
    const used = (count: string, sets: string) =>
      eventually(async () => {
        const { status } = await quotas.get(ref);
        return status?.used?.pods === count && status.used['count/deployments.apps'] === sets ? true : undefined;
      });
    await used('0', '0');
    const web = { ...deployment(5), metadata: { name: 'web', namespace: limited } };
    await client.resource(deployments).create(web);
    await used('2', '1');
    const another = { ...web, metadata: { name: 'other', namespace: limited } };
    await assert.rejects(client.resource(deployments).create(another), /exceeded quota/);
    await client.resource(deployments).delete(web.metadata, { propagationPolicy: 'Background' });
    await used('0', '0');
  }));
