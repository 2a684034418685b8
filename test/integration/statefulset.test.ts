import assert from 'node:assert/strict';
import { test } from 'node:test';
import { controllerrevisions, statefulsets } from '@typernetes/api/apps/v1';
import { persistentvolumeclaims, pods } from '@typernetes/api/core/v1';
import { eventually } from './api.ts';
import { withCluster } from './cluster.ts';

const template = { metadata: { labels: { app: 'db' } }, spec: { containers: [{ name: 'db', image: 'db:1' }] } };
const ref = { namespace: 'default', name: 'db' };

test('a StatefulSet starts in order, updates from the top, scales down and leaves no pods', () =>
  withCluster({}, async (client) => {
    const sets = client.resource(statefulsets);
    const podClient = client.resource(pods);
    const spec = { replicas: 3, serviceName: 'db', selector: { matchLabels: { app: 'db' } }, template };
    await sets.create({ metadata: ref, spec });
    const settled = (replicas: number) =>
      eventually(async () => {
        const set = await sets.get(ref);
        const { status, metadata } = set;
        const counts = [status?.replicas, status?.readyReplicas ?? 0, status?.updatedReplicas ?? 0];
        const isDone =
          counts.every((count) => count === replicas) && status?.observedGeneration === metadata.generation;
        return isDone ? set : undefined;
      });
    const first = (await settled(3)).status;
    assert.deepEqual([first?.currentReplicas, first?.availableReplicas, first?.collisionCount], [3, 3, 0]);
    const list = (await podClient.list({ namespace: 'default' })).items;
    const started = list.toSorted((a, b) => a.metadata.name.localeCompare(b.metadata.name));
    assert.deepEqual(
      started.map(({ metadata, spec }) => [
        metadata.name,
        metadata.labels?.['apps.kubernetes.io/pod-index'],
        spec.hostname,
        spec.subdomain,
      ]),
      [0, 1, 2].map((i) => [`db-${i}`, String(i), `db-${i}`, 'db']),
    );

    const image = { spec: { template: { spec: { containers: [{ name: 'db', image: 'db:2' }] } } } };
    const partition = { spec: { updateStrategy: { rollingUpdate: { partition: 2 } } } };
    await sets.patch(ref, partition, { type: 'strategic' });
    await sets.patch(ref, image, { type: 'strategic' });
    const images = async () =>
      (await podClient.list({ namespace: 'default' })).items
        .toSorted((a, b) => a.metadata.name.localeCompare(b.metadata.name))
        .map((pod) => pod.spec.containers[0]?.image);
    await eventually(async () => ((await images()).join() === 'db:1,db:1,db:2' ? true : undefined));
    await sets.patch(ref, { spec: { updateStrategy: { rollingUpdate: { partition: 0 } } } }, { type: 'strategic' });
    const updated = (await settled(3)).status;
    assert.equal(updated?.currentRevision, updated?.updateRevision);
    assert.deepEqual(await images(), ['db:2', 'db:2', 'db:2']);
    assert.equal((await client.resource(controllerrevisions).list({ namespace: 'default' })).items.length, 2);

    await sets.patch(ref, { spec: { replicas: 1 } }, { type: 'merge' });
    await settled(1);
    await sets.delete(ref, { propagationPolicy: 'Background' });
    await eventually(async () =>
      (await podClient.list({ namespace: 'default' })).items.length === 0 ? true : undefined,
    );
  }));

test('the claims of a StatefulSet are deleted as its retention policy says', () =>
  withCluster({}, async (client) => {
    const sets = client.resource(statefulsets);
    const claims = client.resource(persistentvolumeclaims);
    const names = async () => (await claims.list({ namespace: 'default' })).items.map(({ metadata }) => metadata.name);
    const volumeClaimTemplates = [
      {
        metadata: { name: 'data' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      },
    ] as never;
    await sets.create({
      metadata: ref,
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: 'db' } },
        template,
        volumeClaimTemplates,
        persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete', whenScaled: 'Retain' },
      },
    });
    await eventually(async () => ((await names()).join() === 'data-db-0' ? true : undefined));
    await eventually(async () => {
      const { metadata } = await claims.get({ namespace: 'default', name: 'data-db-0' });
      return metadata.ownerReferences?.some(({ kind }) => kind === 'StatefulSet') ? true : undefined;
    });
    await sets.delete(ref, { propagationPolicy: 'Background' });
    await eventually(async () => {
      const { items } = await claims.list({ namespace: 'default' });
      return items.every(({ metadata }) => metadata.deletionTimestamp) ? true : undefined;
    });
  }));
