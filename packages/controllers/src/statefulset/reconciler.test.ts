import assert from 'node:assert/strict';
import { test } from 'node:test';
import { controllerrevisions, statefulsets } from '@typernetes/api/apps/v1';
import { persistentvolumeclaims, pods } from '@typernetes/api/core/v1';
import { type ControllerUnderTest, runController } from '../testing/index.ts';
import { statefulSetController } from './register.ts';

const set = {
  metadata: { name: 'db', namespace: 'shop' },
  spec: {
    replicas: 2,
    serviceName: 'db',
    selector: { matchLabels: { app: 'db' } },
    template: { metadata: { labels: { app: 'db' } }, spec: { containers: [] } },
    updateStrategy: { type: 'RollingUpdate' as const, rollingUpdate: { partition: 0 } },
    volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: {} } as never],
  },
};
const ref = { namespace: 'shop', name: 'db' };

async function makeReady({ api, settle }: ControllerUnderTest, name: string): Promise<void> {
  const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
  await api.resource(pods).patch({ namespace: 'shop', name }, { status }, { type: 'strategic', subresource: 'status' });
  await settle();
}

test('creates pods and claims in order, rolls a new template out from the top and keeps revisions', () =>
  runController(statefulSetController, async (under) => {
    const { api, events, settle } = under;
    const names = async () => (await api.resource(pods).list()).items.map(({ metadata }) => metadata.name).sort();
    await api.resource(statefulsets).create(set);
    await settle();
    assert.deepEqual(await names(), ['db-0']);
    assert.deepEqual(events.seen, [
      'Normal SuccessfulCreate create Claim data-db-0 Pod db-0 in StatefulSet db success',
      'Normal SuccessfulCreate create Pod db-0 in StatefulSet db successful',
    ]);
    await makeReady(under, 'db-0');
    await makeReady(under, 'db-1');
    const { status } = await api.resource(statefulsets).get(ref);
    assert.deepEqual([status?.readyReplicas, status?.currentReplicas, status?.updatedReplicas], [2, 2, 2]);

    await api
      .resource(statefulsets)
      .patch(ref, { spec: { template: { spec: { hostNetwork: true } } } }, { type: 'merge' });
    await settle();
    const renewed = await api.resource(pods).get({ namespace: 'shop', name: 'db-1' });
    assert.equal(renewed.spec.hostNetwork, true);
    await makeReady(under, 'db-1');
    await makeReady(under, 'db-0');
    const after = (await api.resource(statefulsets).get(ref)).status;
    assert.equal(after?.currentRevision, after?.updateRevision);
    assert.equal((await api.resource(controllerrevisions).list()).items.length, 2);
    assert.equal((await api.resource(persistentvolumeclaims).list()).items.length, 2);

    await api.resource(statefulsets).patch(ref, { spec: { replicas: 1 } }, { type: 'merge' });
    await settle();
    assert.deepEqual(await names(), ['db-0']);
    assert.equal(events.seen.at(-1), 'Normal SuccessfulDelete delete Pod db-1 in StatefulSet db successful');
  }));
