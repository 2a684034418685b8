import assert from 'node:assert/strict';
import { eventually } from '../api.ts';
import { conformance } from './checks.ts';
import { at, type Conversation, itemsOf, nameOf, type Wire } from './conversation.ts';
import {
  collects,
  complete,
  condition,
  controller,
  hasStatus,
  revision,
  scales,
  status,
  template,
  until,
  workload,
} from './workload.ts';

/** Deployments, ReplicaSets and ReplicationControllers. */

const deployments = 'apps/v1/deployments';
const replicaSets = 'apps/v1/replicasets';
const controllers = 'replicationcontrollers';

async function adopts(talk: Conversation, resource: string, owner: object): Promise<void> {
  const pods = talk.here('pods');
  await talk.create(pods, {
    metadata: { name: 'orphan', labels: { name: 'orphan' } },
    spec: { containers: [{ name: 'web', image: 'web:1' }] },
  });
  const created = await talk.create(talk.here(resource), owner);
  const uid = at(created, 'metadata/uid');
  const owners = (pod: Wire) => at<Wire[]>(pod, 'metadata/ownerReferences') ?? [];
  await until(talk, `${pods}/orphan`, (pod) => owners(pod).some((one) => one.uid === uid && one.controller === true));
  await talk.patch(`${pods}/orphan`, { metadata: { labels: { name: 'not-matching-name' } } });
  await until(talk, `${pods}/orphan`, (pod) => !owners(pod).some((one) => one.uid === uid));
}

conformance(
  'workloads',
  {
    'Deployment should run the lifecycle of a Deployment': async (talk) => {
      const path = talk.here(deployments, 'web');
      const labels = { 'test-deployment-static': talk.namespace };
      const watch = `${talk.here(deployments)}?watch=true&labelSelector=test-deployment-static%3D${talk.namespace}`;
      const object = workload('web', labels, { replicas: 2 });
      await talk.create(talk.here(deployments), object);
      await talk.seen(watch, ({ type }) => type === 'ADDED');
      await talk.seen(watch, (event) => status(event.object, 'readyReplicas') === 2);
      await talk.patch(
        path,
        {
          metadata: { labels: { step: 'patched' } },
          spec: {
            replicas: 1,
            template: { spec: { terminationGracePeriodSeconds: 2, containers: [{ name: 'web', image: 'pause:1' }] } },
          },
        },
        'strategic',
      );
      await until(
        talk,
        path,
        (one) =>
          status(one, 'readyReplicas') === 1 &&
          status(one, 'updatedReplicas') === 1 &&
          status(one, 'unavailableReplicas') === 0,
      );
      // Without resourceVersion, the update is unconditional.
      const again = workload('web', labels, { replicas: 2, template: template(labels, 'httpd:1') });
      await talk.replace(path, { ...again, metadata: { ...again.metadata, labels: { ...labels, step: 'updated' } } });
      const fetched = await talk.get(`${path}/status`);
      assert.equal(at(fetched, 'spec/template/spec/containers/0/image'), 'httpd:1');
      assert.equal(at(fetched, 'metadata/labels/step'), 'updated');
      await until(
        talk,
        path,
        (one) =>
          status(one, 'readyReplicas') === 2 &&
          status(one, 'updatedReplicas') === 2 &&
          status(one, 'unavailableReplicas') === 0,
      );
      await talk.patch(
        `${path}/status`,
        { metadata: { labels: { step: 'patched-status' } }, status: { readyReplicas: 0, availableReplicas: 0 } },
        'strategic',
      );
      assert.equal(at(await talk.get(`${path}/status`), 'metadata/labels/step'), 'updated');
      await until(talk, path, (one) => status(one, 'readyReplicas') === 2 && status(one, 'updatedReplicas') === 2);
      const since = at(await talk.get(path), 'metadata/resourceVersion');
      await talk.delete(`${talk.here(deployments)}?labelSelector=test-deployment-static%3D${talk.namespace}`, {
        gracePeriodSeconds: 1,
      });
      await talk.seen(`${watch}&resourceVersion=${since}`, ({ type }) => type === 'DELETED');
    },
    'RollingUpdateDeployment should delete old pods and create new ones': async (talk) => {
      const old = workload('adopted', { name: 'sample', pod: 'httpd' });
      const annotations = { 'deployment.kubernetes.io/revision': '3546343826724305832' };
      await talk.create(talk.here(replicaSets), { ...old, metadata: { ...old.metadata, annotations } });
      await until(talk, talk.here(replicaSets, 'adopted'), (one) => status(one, 'readyReplicas') === 1);
      await talk.create(
        talk.here(deployments),
        workload('web', { name: 'sample' }, { template: template({ name: 'sample' }, 'agnhost:1') }),
      );
      const done = await until(talk, talk.here(deployments, 'web'), complete(1));
      assert.equal(revision(done), '3546343826724305833');
      const sets = itemsOf(await talk.get(talk.here(replicaSets)));
      assert.equal(sets.length, 2);
      const adopted = sets.find((one) => nameOf(one) === 'adopted');
      assert.equal(at(adopted, 'metadata/ownerReferences/0/name'), 'web');
      assert.equal(at(adopted, 'spec/replicas'), 0);
      const fresh = sets.find((one) => nameOf(one) !== 'adopted');
      assert.equal(revision(fresh), '3546343826724305833');
    },
    'RecreateDeployment should delete old pods and create new ones': async (talk) => {
      const path = talk.here(deployments, 'web');
      await talk.create(talk.here(deployments), workload('web', { name: 'web' }, { strategy: { type: 'Recreate' } }));
      await until(talk, path, complete(1));
      const since = at(await talk.get(talk.here('pods')), 'metadata/resourceVersion');
      await talk.patch(
        path,
        { spec: { template: { spec: { containers: [{ name: 'web', image: 'web:2' }] } } } },
        'strategic',
      );
      let gone = false;
      for await (const { type, object } of talk.watch(`${talk.here('pods')}?watch=true&resourceVersion=${since}`)) {
        const image = at(object, 'spec/containers/0/image');
        if (type === 'DELETED' && image === 'web:1') gone = true;
        if (image === 'web:2') assert.ok(gone, 'a new pod beside an old one');
        if (image === 'web:2' && at(object, 'status/phase') === 'Running') break;
      }
      assert.equal(revision(await until(talk, path, complete(1))), '2');
    },
    'deployment should delete old replica sets': async (talk) => {
      await talk.create(talk.here(replicaSets), workload('old', { name: 'cleanup', pod: 'httpd' }));
      await until(talk, talk.here(replicaSets, 'old'), (one) => status(one, 'readyReplicas') === 1);
      await talk.create(
        talk.here(deployments),
        workload(
          'web',
          { name: 'cleanup' },
          { revisionHistoryLimit: 0, template: template({ name: 'cleanup' }, 'agnhost:1') },
        ),
      );
      await until(talk, talk.here(deployments, 'web'), complete(1));
      await eventually(async () => itemsOf(await talk.get(talk.here(replicaSets))).length === 1 || undefined);
    },
    'deployment should support proportional scaling': async (talk) => {
      const path = talk.here(deployments, 'web');
      const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } };
      await talk.create(talk.here(deployments), workload('web', { name: 'web' }, { replicas: 10, strategy }));
      await until(talk, path, complete(10));
      await talk.patch(
        path,
        { spec: { template: { spec: { containers: [{ name: 'web', image: 'unready:404' }] } } } },
        'strategic',
      );
      const sizes = async () => {
        const sets = itemsOf(await talk.get(talk.here(replicaSets)));
        const of = (image: string) =>
          at(
            sets.find((one) => at(one, 'spec/template/spec/containers/0/image') === image),
            'spec/replicas',
          );
        return [of('web:1'), of('unready:404')].join();
      };
      await eventually(async () => (await sizes()) === '8,5' || undefined);
      await until(talk, path, (one) => status(one, 'updatedReplicas') === 5 && status(one, 'availableReplicas') === 8);
      await talk.patch(path, { spec: { replicas: 30 } });
      await eventually(async () => (await sizes()) === '20,13' || undefined);
    },
    'deployment should support rollover': async (talk) => {
      await talk.create(talk.here(replicaSets), workload('first', { name: 'rollover', pod: 'httpd' }));
      await until(talk, talk.here(replicaSets, 'first'), (one) => status(one, 'readyReplicas') === 1);
      const path = talk.here(deployments, 'web');
      const strategy = { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } };
      await talk.create(
        talk.here(deployments),
        workload(
          'web',
          { name: 'rollover' },
          { minReadySeconds: 1, strategy, template: template({ name: 'rollover' }, 'unready:1') },
        ),
      );
      await eventually(async () => itemsOf(await talk.get(talk.here(replicaSets))).length === 2 || undefined);
      await until(talk, path, (one) => revision(one) !== undefined);
      await talk.patch(
        path,
        { spec: { template: { spec: { containers: [{ name: 'web', image: 'agnhost:1' }] } } } },
        'strategic',
      );
      assert.equal(revision(await until(talk, path, complete(1))), '2');
      const sizes = itemsOf(await talk.get(talk.here(replicaSets))).map((one) =>
        [at(one, 'spec/template/spec/containers/0/image'), at(one, 'spec/replicas')].join(' '),
      );
      assert.deepEqual(sizes.sort(), ['agnhost:1 1', 'unready:1 0', 'web:1 0']);
    },
    'Deployment should have a working scale subresource': async (talk) => {
      await talk.create(talk.here(deployments), workload('web', { name: 'web' }));
      await scales(talk, talk.here(deployments, 'web'));
    },
    'Deployment should validate Deployment Status endpoints': async (talk) => {
      await talk.create(talk.here(deployments), workload('web', { name: 'web' }));
      await until(talk, talk.here(deployments, 'web'), complete(1));
      await hasStatus(talk, talk.here(deployments, 'web'));
    },
    'ReplicaSet Replicaset should have a working scale subresource': async (talk) => {
      await talk.create(talk.here(replicaSets), workload('web', { name: 'web' }));
      await scales(talk, talk.here(replicaSets, 'web'));
    },
    'ReplicaSet should validate Replicaset Status endpoints': async (talk) => {
      await talk.create(talk.here(replicaSets), workload('web', { name: 'web' }));
      await until(talk, talk.here(replicaSets, 'web'), (one) => status(one, 'readyReplicas') === 1);
      await hasStatus(talk, talk.here(replicaSets, 'web'));
    },
    'ReplicaSet Replace and Patch tests': async (talk) => {
      const path = talk.here(replicaSets, 'web');
      const made = await talk.create(talk.here(replicaSets), workload('web', { name: 'web' }));
      await until(talk, path, (one) => status(one, 'readyReplicas') === 1);
      const current = await talk.get(path);
      await talk.replace(path, { ...current, spec: { ...(current.spec as Wire), replicas: 2 } });
      await until(talk, path, (one) => status(one, 'readyReplicas') === 2);
      const patched = await talk.patch(
        path,
        {
          metadata: { labels: { step: 'patched' } },
          spec: {
            replicas: 3,
            template: { spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'web', image: 'pause:1' }] } },
          },
        },
        'strategic',
      );
      assert.notEqual(at(patched, 'metadata/resourceVersion'), at(made, 'metadata/resourceVersion'));
      const done = await until(talk, path, (one) => status(one, 'readyReplicas') === 3);
      assert.equal(at(done, 'spec/template/spec/containers/0/image'), 'pause:1');
    },
    'ReplicaSet should list and delete a collection of ReplicaSets': (talk) =>
      collects(talk, replicaSets, (name) => workload(name, { name, collect: talk.namespace })),
    'ReplicaSet should adopt matching pods on creation and release no longer matching pods': (talk) =>
      adopts(talk, replicaSets, workload('web', { name: 'orphan' })),
    'ReplicationController should adopt matching pods on creation': (talk) =>
      adopts(talk, controllers, controller('web', { name: 'orphan' })),
    'ReplicationController should get and update a ReplicationController scale': async (talk) => {
      await talk.create(talk.here(controllers), controller('web', { name: 'web' }));
      await scales(talk, talk.here(controllers, 'web'));
    },
    'ReplicationController should surface a failure condition on a common issue like exceeded quota': async (talk) => {
      const path = talk.here(controllers, 'web');
      await talk.create(talk.here('resourcequotas'), { metadata: { name: 'web' }, spec: { hard: { pods: '2' } } });
      await until(talk, talk.here('resourcequotas', 'web'), (one) => at(one, 'status/hard/pods') === '2');
      await talk.create(talk.here(controllers), controller('web', { name: 'web' }, { replicas: 3 }));
      const failed = await until(talk, path, (one) => condition(one, 'ReplicaFailure') !== undefined);
      assert.equal(condition(failed, 'ReplicaFailure')?.reason, 'FailedCreate');
      await talk.patch(path, { spec: { replicas: 2 } });
      await until(talk, path, (one) => condition(one, 'ReplicaFailure') === undefined);
    },
    'ReplicationController should test the lifecycle of a ReplicationController': async (talk) => {
      const path = talk.here(controllers, 'web');
      const labels = { 'test-rc-static': talk.namespace };
      const watch = `${talk.here(controllers)}?watch=true&labelSelector=test-rc-static%3D${talk.namespace}`;
      await talk.create(talk.here(controllers), controller('web', labels));
      await talk.seen(watch, ({ object }) => status(object, 'readyReplicas') === 1);
      await talk.patch(path, { metadata: { labels: { step: 'patched' } } }, 'strategic');
      const zero = await talk.patch(
        `${path}/status`,
        { status: { readyReplicas: 0, availableReplicas: 0 } },
        'strategic',
      );
      assert.equal(status(zero, 'readyReplicas'), 0);
      assert.equal(status(await talk.get(`${path}/status`), 'replicas'), 1);
      await talk.patch(
        `${path}/scale`,
        { metadata: { creationTimestamp: null }, spec: { replicas: 2 }, status: { replicas: 0 } },
        'strategic',
      );
      await until(talk, path, (one) => status(one, 'replicas') === 2 && status(one, 'readyReplicas') === 2);
      const found = await talk.get(path);
      assert.equal(at(found, 'metadata/labels/step'), 'patched');
      await talk.replace(`${path}/status`, {
        ...found,
        status: { ...(found.status as Wire), availableReplicas: 1, readyReplicas: 1 },
      });
      const since = at(await talk.get(path), 'metadata/resourceVersion');
      await talk.delete(`${talk.here(controllers)}?labelSelector=test-rc-static%3D${talk.namespace}`);
      await talk.seen(`${watch}&resourceVersion=${since}`, ({ type }) => type === 'DELETED');
    },
  },
  { becomesReady: (pod) => !pod.spec?.containers[0]?.image?.startsWith('unready') },
);
