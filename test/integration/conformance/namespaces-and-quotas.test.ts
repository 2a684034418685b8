import assert from 'node:assert/strict';
import { eventually } from '../api.ts';
import { conformance } from './checks.ts';
import { at, type Conversation, type Wire } from './conversation.ts';
import { template, until, workload } from './workload.ts';

/** Namespaces, their deletion, and what quotas count in them. */

const quotas = 'resourcequotas';

const used = (quota: Wire, wanted: Readonly<Record<string, string>>) =>
  Object.entries(wanted).every(([name, amount]) => at<Record<string, string>>(quota, 'status/used')?.[name] === amount);

async function makeQuota(
  talk: Conversation,
  name: string,
  hard: Readonly<Record<string, string>>,
  spec: object = {},
): Promise<(wanted: Readonly<Record<string, string>>) => Promise<Wire>> {
  await talk.create(talk.here(quotas), {
    metadata: { name, creationTimestamp: null },
    spec: { hard, ...spec },
    status: {},
  });
  await until(talk, talk.here(quotas, name), (one) =>
    Object.keys(hard).every(
      (key) => at<object>(one, 'status/hard') && key in (at<object>(one, 'status/hard') as object),
    ),
  );
  return (wanted) => until(talk, talk.here(quotas, name), (one) => used(one, wanted));
}

const pod = (name: string, resources: object = {}, spec: object = {}) => ({
  metadata: { name, creationTimestamp: null },
  spec: { containers: [{ name: 'pause', image: 'pause', resources }], ...spec },
  status: {},
});
const deletePod = (talk: Conversation, name: string) => talk.delete(talk.here('pods', name), { gracePeriodSeconds: 0 });

const map = (name: string, labels: object = {}, data: object = {}) => ({ metadata: { name, labels }, data });

conformance('namespaces and quotas', {
  'Namespaces should patch a Namespace': async (talk) => {
    await talk.patch(
      `/api/v1/namespaces/${talk.namespace}`,
      { metadata: { labels: { testLabel: 'testValue' } } },
      'strategic',
    );
    assert.equal(at(await talk.get(`/api/v1/namespaces/${talk.namespace}`), 'metadata/labels/testLabel'), 'testValue');
  },
  'Namespaces should apply changes to a namespace status': async (talk) => {
    const path = `/api/v1/namespaces/${talk.namespace}`;
    assert.equal(at(await talk.get(`${path}/status`), 'status/phase'), 'Active');
    const patched = await talk.patch(`${path}/status`, {
      metadata: { annotations: { e2e: 'x' } },
      status: { conditions: [{ type: 'StatusPatch', status: 'True', reason: 'E2E', message: 'Patched' }] },
    });
    assert.deepEqual(
      [at(patched, 'metadata/annotations/e2e'), at(patched, 'status/conditions/0/type'), at(patched, 'status/phase')],
      ['x', 'StatusPatch', 'Active'],
    );
    const conditions = [
      ...(at<Wire[]>(patched, 'status/conditions') ?? []),
      { type: 'StatusUpdate', status: 'True', reason: 'E2E', message: 'Updated', lastTransitionTime: null },
    ];
    const updated = await talk.replace(`${path}/status`, {
      ...patched,
      status: { ...(patched.status as Wire), conditions },
    });
    assert.equal(at(updated, 'status/conditions/1/message'), 'Updated');
  },
  'Namespaces should apply an update to a Namespace': async (talk) => {
    const path = `/api/v1/namespaces/${talk.namespace}`;
    const found = await talk.get(path);
    const updated = await talk.replace(path, {
      ...found,
      metadata: { ...(found.metadata as Wire), labels: { ...at<Wire>(found, 'metadata/labels'), updated: 'yes' } },
    });
    assert.equal(at(updated, 'metadata/labels/updated'), 'yes');
  },
  'Namespaces should apply a finalizer to a Namespace': async (talk) => {
    const path = `/api/v1/namespaces/${talk.namespace}`;
    const found = await talk.get(path);
    const finalizers = ['kubernetes', 'e2e.example.com/fake'];
    const added = await talk.replace(`${path}/finalize`, { ...found, spec: { finalizers } });
    assert.deepEqual(at(added, 'spec/finalizers'), finalizers);
    const removed = await talk.replace(`${path}/finalize`, { ...added, spec: { finalizers: ['kubernetes'] } });
    assert.deepEqual(at(removed, 'spec/finalizers'), ['kubernetes']);
  },
  'Namespaces should ensure that all services are removed when a namespace is deleted': async (talk) => {
    await talk.create(talk.here('services'), {
      metadata: { name: 's' },
      spec: { selector: { foo: 'bar' }, ports: [{ port: 80, targetPort: 80 }] },
    });
    await talk.create(talk.here('pods'), pod('p'));
    await until(talk, talk.here('pods', 'p'), (one) => at(one, 'status/phase') === 'Running');
    await talk.delete(`/api/v1/namespaces/${talk.namespace}`);
    await eventually(async () => {
      const a = await talk.send('GET', `/api/v1/namespaces/${talk.namespace}`);
      for await (const _ of a.body);
      return a.status === 404 || undefined;
    });
    await talk.create('/api/v1/namespaces', { metadata: { name: talk.namespace } });
    await talk.refused(404, 'GET', talk.here('services', 's'));
    await talk.refused(404, 'GET', talk.here('pods', 'p'));
  },
  'OrderedNamespaceDeletion namespace deletion should delete pod first': async (talk) => {
    const kept = pod('p');
    await talk.create(talk.here('pods'), {
      ...kept,
      metadata: { ...kept.metadata, finalizers: ['e2e.example.com/keep'] },
    });
    await talk.create(talk.here('configmaps'), map('m'));
    await until(talk, talk.here('pods', 'p'), (one) => at(one, 'status/phase') === 'Running');
    await talk.delete(`/api/v1/namespaces/${talk.namespace}`);
    await until(talk, talk.here('pods', 'p'), (one) => at(one, 'metadata/deletionTimestamp') !== undefined);
    const condition = await until(
      talk,
      `/api/v1/namespaces/${talk.namespace}`,
      (one) =>
        at<Wire[]>(one, 'status/conditions')?.some(
          (c) => c.type === 'NamespaceContentRemaining' && c.status === 'True',
        ) ?? false,
    );
    assert.ok(condition);
    assert.equal(at(await talk.get(talk.here('configmaps', 'm')), 'metadata/deletionTimestamp'), undefined);
    await talk.patch(talk.here('pods', 'p'), { metadata: { finalizers: null } });
    await eventually(async () => {
      const a = await talk.send('GET', `/api/v1/namespaces/${talk.namespace}`);
      for await (const _ of a.body);
      return a.status === 404 || undefined;
    });
  },
  'ResourceQuota should create a ResourceQuota and capture the life of a service.': async (talk) => {
    const becomes = await makeQuota(talk, 'q', {
      services: '10',
      'services.nodeports': '1',
      'services.loadbalancers': '1',
      resourcequotas: '1',
    });
    await becomes({ resourcequotas: '1', services: '0' });
    const service = (name: string, type: string) => ({
      metadata: { name },
      spec: { type, ports: [{ port: 80, targetPort: 80 }] },
    });
    await talk.create(talk.here('services'), service('a', 'ClusterIP'));
    await talk.create(talk.here('services'), service('b', 'NodePort'));
    await talk.refused(403, 'POST', talk.here('services'), service('c', 'LoadBalancer'));
    await becomes({ services: '2', 'services.nodeports': '1', 'services.loadbalancers': '0' });
    await talk.delete(talk.here('services', 'a'));
    await talk.delete(talk.here('services', 'b'));
    await becomes({ services: '0', 'services.nodeports': '0' });
  },
  'ResourceQuota should create a ResourceQuota and capture the life of a pod.': async (talk) => {
    const becomes = await makeQuota(talk, 'q', {
      pods: '5',
      cpu: '1',
      memory: '500Mi',
      'ephemeral-storage': '50Gi',
      'requests.example.com/dongle': '3',
      'gold.storageclass.storage.k8s.io/persistentvolumeclaims': '10',
      'count/replicasets.apps': '5',
      'requests.storage': '10Gi',
    });
    const resources = {
      requests: { cpu: '500m', memory: '252Mi', 'ephemeral-storage': '30Gi', 'example.com/dongle': '2' },
      limits: { 'example.com/dongle': '2' },
    };
    await talk.create(talk.here('pods'), pod('p', resources));
    const taken = {
      pods: '1',
      cpu: '500m',
      memory: '252Mi',
      'ephemeral-storage': '30Gi',
      'requests.example.com/dongle': '2',
    };
    await becomes(taken);
    await talk.refused(403, 'POST', talk.here('pods'), pod('fail', { requests: { cpu: '600m', memory: '100Mi' } }));
    await talk.refused(
      403,
      'POST',
      talk.here('pods'),
      pod('fail', { ...resources, requests: { ...resources.requests, memory: '100Mi' } }),
    );
    const made = await talk.get(talk.here('pods', 'p'));
    const containers = [
      {
        ...at<Wire>(made, 'spec/containers/0'),
        resources: { ...resources, requests: { cpu: '100m', memory: '100Mi', 'ephemeral-storage': '10Gi' } },
      },
    ];
    await talk.refused(422, 'PUT', talk.here('pods', 'p'), { ...made, spec: { ...(made.spec as Wire), containers } });
    await becomes(taken);
    await deletePod(talk, 'p');
    await becomes({ pods: '0', cpu: '0', memory: '0', 'ephemeral-storage': '0', 'requests.example.com/dongle': '0' });
  },
  'ResourceQuota should create a ResourceQuota and capture the life of a configMap.': async (talk) => {
    const becomes = await makeQuota(talk, 'q', {
      configmaps: '3',
      secrets: '1',
      replicationcontrollers: '1',
      'count/replicasets.apps': '1',
    });
    await becomes({ configmaps: '1', secrets: '0', replicationcontrollers: '0', 'count/replicasets.apps': '0' });
    await talk.create(talk.here('configmaps'), map('m'));
    await talk.create(talk.here('secrets'), map('m'));
    const labels = { name: 'none' };
    await talk.create(talk.here('replicationcontrollers'), {
      metadata: { name: 'none' },
      spec: { replicas: 0, selector: labels, template: template(labels) },
    });
    await talk.create(talk.here('apps/v1/replicasets'), workload('none', labels, { replicas: 0 }));
    await becomes({ configmaps: '2', secrets: '1', replicationcontrollers: '1', 'count/replicasets.apps': '1' });
    await talk.refused(403, 'POST', talk.here('secrets'), map('n'));
    for (const path of [
      talk.here('configmaps', 'm'),
      talk.here('secrets', 'm'),
      talk.here('replicationcontrollers', 'none'),
      talk.here('apps/v1/replicasets', 'none'),
    ])
      await talk.delete(path);
    await becomes({ configmaps: '1', secrets: '0', replicationcontrollers: '0', 'count/replicasets.apps': '0' });
  },
  'ResourceQuota should verify ResourceQuota with terminating scopes.': async (talk) => {
    const hard = {
      pods: '5',
      'requests.cpu': '1',
      'requests.memory': '500Mi',
      'limits.cpu': '2',
      'limits.memory': '1Gi',
    };
    const terminating = await makeQuota(talk, 'terminating', hard, { scopes: ['Terminating'] });
    const others = await makeQuota(talk, 'others', hard, { scopes: ['NotTerminating'] });
    const resources = { requests: { cpu: '500m', memory: '200Mi' }, limits: { cpu: '1', memory: '400Mi' } };
    const some = {
      pods: '1',
      'requests.cpu': '500m',
      'requests.memory': '200Mi',
      'limits.cpu': '1',
      'limits.memory': '400Mi',
    };
    const none = { pods: '0', 'requests.cpu': '0', 'requests.memory': '0', 'limits.cpu': '0', 'limits.memory': '0' };
    await talk.create(talk.here('pods'), pod('long', resources));
    await Promise.all([terminating(none), others(some)]);
    await deletePod(talk, 'long');
    await others(none);
    await talk.create(talk.here('pods'), pod('short', resources, { activeDeadlineSeconds: 3600 }));
    await Promise.all([terminating(some), others(none)]);
    await deletePod(talk, 'short');
    await terminating(none);
  },
  'ResourceQuota should verify ResourceQuota with best effort scope.': async (talk) => {
    const best = await makeQuota(talk, 'best', { pods: '5' }, { scopes: ['BestEffort'] });
    const others = await makeQuota(talk, 'others', { pods: '5' }, { scopes: ['NotBestEffort'] });
    await talk.create(talk.here('pods'), pod('best'));
    await Promise.all([best({ pods: '1' }), others({ pods: '0' })]);
    await deletePod(talk, 'best');
    await best({ pods: '0' });
    await talk.create(talk.here('pods'), pod('burstable', { requests: { cpu: '500m' }, limits: { cpu: '1' } }));
    await Promise.all([best({ pods: '0' }), others({ pods: '1' })]);
  },
  'ResourceQuota should apply changes to a resourcequota status': async (talk) => {
    const path = talk.here(quotas, 'q');
    await talk.create(talk.here(quotas), { metadata: { name: 'q' }, spec: { hard: { cpu: '500m', memory: '500Mi' } } });
    await eventually(async () => {
      const found = await talk.get(path);
      const answer = await talk.send('PUT', `${path}/status`, {
        ...found,
        status: { hard: { cpu: '500m', memory: '500Mi' } },
      });
      for await (const _ of answer.body);
      return answer.status === 200 || undefined;
    });
    await talk.patch(path, { spec: { hard: { cpu: '1', memory: '1Gi' } } }, 'strategic');
    await talk.patch(`${path}/status`, { status: { hard: { cpu: '1', memory: '1Gi' } } }, 'strategic');
    const shown = await until(talk, `${path}/status`, (one) => at(one, 'status/hard/cpu') === '1');
    assert.equal(at(shown, 'status/hard/memory'), '1Gi');
    const again = await talk.patch(`${path}/status`, { status: { hard: { cpu: '2', memory: '2Gi' } } }, 'strategic');
    assert.deepEqual([at(again, 'status/hard/cpu'), at(again, 'spec/hard/cpu')], ['2', '1']);
    await until(talk, path, (one) => at(one, 'status/hard/cpu') === '1');
  },
  'ResourceQuota should be able to update and delete ResourceQuota.': async (talk) => {
    const path = talk.here(quotas, 'q');
    await talk.create(talk.here(quotas), { metadata: { name: 'q' }, spec: { hard: { cpu: '1', memory: '500Mi' } } });
    const updated = await talk.replace(path, {
      metadata: { name: 'q', creationTimestamp: null },
      spec: { hard: { cpu: '2', memory: '1Gi' } },
      status: {},
    });
    assert.deepEqual(at(updated, 'spec/hard'), { cpu: '2', memory: '1Gi' });
    await talk.delete(path);
    await talk.refused(404, 'GET', path);
  },
});
