import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pods, replicationcontrollers } from '@typernetes/api/core/v1';
import { runController } from '../testing/index.ts';
import { replicationController } from './register.ts';

test('keeps the pods of a ReplicationController and writes its status', () =>
  runController(replicationController, async ({ api, events, settle }) => {
    const template = { metadata: { labels: { app: 'old' } }, spec: { containers: [] } };
    const ref = { namespace: 'shop', name: 'old' };
    await api
      .resource(replicationcontrollers)
      .create({ metadata: ref, spec: { replicas: 2, selector: { app: 'old' }, template } });
    await settle();
    const { items } = await api.resource(pods).list();
    assert.deepEqual(
      items.map(({ metadata }) => metadata.ownerReferences?.[0]?.kind),
      ['ReplicationController', 'ReplicationController'],
    );
    const { status } = await api.resource(replicationcontrollers).get(ref);
    assert.deepEqual(status, { replicas: 2, fullyLabeledReplicas: 2, observedGeneration: 1 });
    assert.equal(events.targets[0]?.kind, 'ReplicationController');
    const writes = api.writes.length;
    await api
      .resource(pods)
      .patch(
        { namespace: 'shop', name: items[0]?.metadata.name ?? '' },
        { status: {} },
        { type: 'merge', subresource: 'status' },
      );
    await settle();
    assert.equal(api.writes.slice(writes).filter((write) => write.includes('replicationcontrollers/status')).length, 0);
  }));
