import assert from 'node:assert/strict';
import { eventually } from '../api.ts';
import { conformance } from './checks.ts';
import { at, type Conversation, itemsOf, nameOf, type Wire } from './conversation.ts';
import { controller, until, workload } from './workload.ts';

/** Garbage collection, what quotas count, and watch events. */

const rcs = 'replicationcontrollers';
const owned = async (talk: Conversation, name: string): Promise<readonly Wire[]> =>
  itemsOf(await talk.get(`${talk.here('pods')}?labelSelector=name%3D${name}`));
const policy = (propagationPolicy: string) => ({ propagationPolicy });

async function made(talk: Conversation, replicas: number): Promise<string> {
  await talk.create(talk.here(rcs), controller('rc', { name: 'rc' }, { replicas }));
  await until(talk, talk.here(rcs, 'rc'), (one) => at(one, 'status/replicas') === replicas);
  return talk.here(rcs, 'rc');
}

const gone = (talk: Conversation, path: string) =>
  eventually(async () => {
    const answer = await talk.send('GET', path);
    for await (const _ of answer.body);
    return answer.status === 404 || undefined;
  });

const replicaSets = 'apps/v1/replicasets';

async function deployed(talk: Conversation): Promise<string> {
  await talk.create(talk.here('apps/v1/deployments'), workload('web', { name: 'web' }, { replicas: 2 }));
  await eventually(async () => itemsOf(await talk.get(talk.here(replicaSets))).length === 1 || undefined);
  return talk.here('apps/v1/deployments', 'web');
}

/** Waits until the quota has counted `used`. */
const counts = (talk: Conversation, name: string, used: Readonly<Record<string, string>>) =>
  until(talk, talk.here('resourcequotas', name), (one) => {
    const seen = at<Record<string, string>>(one, 'status/used') ?? {};
    return Object.entries(used).every(([key, value]) => seen[key] === value);
  });

async function quota(talk: Conversation, hard: Readonly<Record<string, string>>): Promise<void> {
  await talk.create(talk.here('resourcequotas'), { metadata: { name: 'quota' }, spec: { hard } });
  await until(talk, talk.here('resourcequotas', 'quota'), (one) => at(one, 'status/hard') !== undefined);
}

conformance('garbage and quotas', {
  'Garbage collector should delete pods created by rc when not orphaning': async (talk) => {
    const path = await made(talk, 2);
    await talk.delete(path, policy('Background'));
    await gone(talk, path);
    await eventually(async () => (await owned(talk, 'rc')).length === 0 || undefined);
  },
  'Garbage collector should orphan pods created by rc if delete options say so': async (talk) => {
    const path = await made(talk, 3);
    const before = (await owned(talk, 'rc')).map(nameOf).sort();
    await talk.delete(path, policy('Orphan'));
    await gone(talk, path);
    const after = await owned(talk, 'rc');
    assert.deepEqual(after.map(nameOf).sort(), before);
    assert.ok(after.every((one) => !at<Wire[]>(one, 'metadata/ownerReferences')?.length));
  },
  'Garbage collector should delete RS created by deployment when not orphaning': async (talk) => {
    const path = await deployed(talk);
    await talk.delete(path, policy('Background'));
    await eventually(async () => itemsOf(await talk.get(talk.here(replicaSets))).length === 0 || undefined);
  },
  'Garbage collector should orphan RS created by deployment when deleteOptions.PropagationPolicy is Orphan': async (
    talk,
  ) => {
    const path = await deployed(talk);
    await talk.delete(path, policy('Orphan'));
    await gone(talk, path);
    const sets = itemsOf(await talk.get(talk.here(replicaSets)));
    assert.equal(sets.length, 1);
    assert.equal(at(sets[0], 'metadata/ownerReferences'), undefined);
  },
  'Garbage collector should keep the rc around until all its pods are deleted if the deleteOptions says so': async (
    talk,
  ) => {
    const path = await made(talk, 2);
    const [held] = await owned(talk, 'rc');
    const pod = talk.here('pods', nameOf(held));
    await talk.patch(pod, { metadata: { finalizers: ['example.com/hold'] } });
    await talk.delete(path, policy('Foreground'));
    await eventually(async () => (await owned(talk, 'rc')).length === 1 || undefined);
    const waiting = await talk.get(path);
    assert.deepEqual(at(waiting, 'metadata/finalizers'), ['foregroundDeletion']);
    assert.ok(at(waiting, 'metadata/deletionTimestamp'));
    await talk.patch(pod, { metadata: { finalizers: null } });
    await gone(talk, path);
    assert.equal((await owned(talk, 'rc')).length, 0);
  },
  "Garbage collector should not delete dependents that have both valid owner and owner that's waiting for dependents to be deleted":
    async (talk) => {
      const path = await made(talk, 2);
      const stays = await talk.create(talk.here(rcs), controller('stays', { name: 'stays' }, { replicas: 0 }));
      const [shared] = await owned(talk, 'rc');
      const reference = {
        apiVersion: 'v1',
        kind: 'ReplicationController',
        name: 'stays',
        uid: at(stays, 'metadata/uid'),
      };
      await talk.patch(talk.here('pods', nameOf(shared)), { metadata: { ownerReferences: [reference] } }, 'strategic');
      await talk.delete(path, policy('Foreground'));
      await gone(talk, path);
      const left = await owned(talk, 'rc');
      assert.deepEqual(left.map(nameOf), [nameOf(shared)]);
      assert.equal(at(left[0], 'metadata/deletionTimestamp'), undefined);
      assert.deepEqual(
        at<Wire[]>(left[0], 'metadata/ownerReferences')?.map(({ name }) => name),
        ['stays'],
      );
    },
  'ResourceQuota should create a ResourceQuota and ensure its status is promptly calculated.': async (talk) => {
    await quota(talk, { pods: '5', services: '10', configmaps: '10', secrets: '10', resourcequotas: '1' });
    await counts(talk, 'quota', { pods: '0', services: '0', resourcequotas: '1' });
    await talk.refused(403, 'POST', talk.here('resourcequotas'), {
      metadata: { name: 'second' },
      spec: { hard: { pods: '1' } },
    });
  },
  'ResourceQuota should create a ResourceQuota and capture the life of a secret.': async (talk) => {
    await quota(talk, { secrets: '5' });
    await counts(talk, 'quota', { secrets: '0' });
    await talk.create(talk.here('secrets'), { metadata: { name: 's' }, stringData: { key: 'value' } });
    await counts(talk, 'quota', { secrets: '1' });
    await talk.delete(talk.here('secrets', 's'));
    await counts(talk, 'quota', { secrets: '0' });
  },
  'ResourceQuota should create a ResourceQuota and capture the life of a replication controller.': async (talk) => {
    await quota(talk, { replicationcontrollers: '1' });
    await talk.create(talk.here(rcs), controller('rc', { name: 'rc' }, { replicas: 0 }));
    await counts(talk, 'quota', { replicationcontrollers: '1' });
    await talk.refused(403, 'POST', talk.here(rcs), controller('more', { name: 'more' }, { replicas: 0 }));
    await talk.delete(talk.here(rcs, 'rc'));
    await counts(talk, 'quota', { replicationcontrollers: '0' });
  },
  'ResourceQuota should create a ResourceQuota and capture the life of a replica set.': async (talk) => {
    await quota(talk, { 'count/replicasets.apps': '1' });
    await talk.create(talk.here(replicaSets), workload('rs', { name: 'rs' }, { replicas: 0 }));
    await counts(talk, 'quota', { 'count/replicasets.apps': '1' });
    await talk.delete(talk.here(replicaSets, 'rs'));
    await counts(talk, 'quota', { 'count/replicasets.apps': '0' });
  },
  'ResourceQuota should manage the lifecycle of a ResourceQuota': async (talk) => {
    const label = `e2e-${talk.namespace}`;
    await talk.create(talk.here('resourcequotas'), {
      metadata: { name: 'life', labels: { [label]: 'created' } },
      spec: { hard: { cpu: '500m', memory: '500Mi' } },
    });
    const found = itemsOf(await talk.get(`/api/v1/resourcequotas?labelSelector=${label}%3Dcreated`));
    assert.deepEqual(at(found[0], 'spec/hard'), { cpu: '500m', memory: '500Mi' });
    await talk.patch(
      talk.here('resourcequotas', 'life'),
      { metadata: { labels: { [label]: 'patched' } }, spec: { hard: { memory: '750Mi' } } },
      'strategic',
    );
    const patched = await talk.get(talk.here('resourcequotas', 'life'));
    assert.deepEqual(at(patched, 'spec/hard'), { cpu: '500m', memory: '750Mi' });
    await talk.delete(`${talk.here('resourcequotas')}?labelSelector=${label}%3Dpatched`);
    await gone(talk, talk.here('resourcequotas', 'life'));
  },
  'Namespaces should ensure that all pods are removed when a namespace is deleted': async (talk) => {
    const name = `${talk.namespace}-inner`;
    const create = () => talk.create('/api/v1/namespaces', { metadata: { name } });
    await create();
    const pods = `/api/v1/namespaces/${name}/pods`;
    await eventually(async () => {
      const answer = await talk.send('POST', pods, {
        metadata: { name: 'p' },
        spec: { containers: [{ name: 'c', image: 'pause' }], terminationGracePeriodSeconds: 0 },
      });
      for await (const _ of answer.body);
      return answer.status === 201 || undefined;
    });
    await until(talk, `${pods}/p`, (one) => at(one, 'status/phase') === 'Running');
    await talk.delete(`/api/v1/namespaces/${name}`);
    await gone(talk, `/api/v1/namespaces/${name}`);
    await create();
    assert.equal(itemsOf(await talk.get(pods)).length, 0);
  },
  'Watchers should observe add, update, and delete watch notifications on configmaps': async (talk) => {
    const maps = talk.here('configmaps');
    const since = at(await talk.get(maps), 'metadata/resourceVersion');
    const watched = async (selector: string, until: number): Promise<string[]> => {
      const seen: string[] = [];
      const path = `${maps}?watch=true&resourceVersion=${since}&labelSelector=${selector}`;
      for await (const { type, object } of talk.watch(path)) {
        seen.push(`${type} ${nameOf(object)} ${at(object, 'data/mutation') ?? ''}`);
        if (seen.length === until) break;
      }
      return seen;
    };
    const label = 'watch-this-configmap';
    const [a, b, both] = [
      watched(`${label}%3Da`, 4),
      watched(`${label}%3Db`, 2),
      watched(`${label}%20in%20%28a%2Cb%29`, 6),
    ];
    const map = (name: string) => ({ metadata: { name, labels: { [label]: name } } });
    await talk.create(maps, map('a'));
    for (const mutation of ['1', '2']) await talk.patch(talk.here('configmaps', 'a'), { data: { mutation } });
    await talk.delete(talk.here('configmaps', 'a'));
    await talk.create(maps, map('b'));
    await talk.delete(talk.here('configmaps', 'b'));
    const ofA = ['ADDED a ', 'MODIFIED a 1', 'MODIFIED a 2', 'DELETED a 2'];
    const ofB = ['ADDED b ', 'DELETED b '];
    assert.deepEqual([await a, await b, await both], [ofA, ofB, [...ofA, ...ofB]]);
  },
  'Watchers should be able to start watching from a specific resource version': async (talk) => {
    const maps = talk.here('configmaps');
    await talk.create(maps, { metadata: { name: 'm', labels: { from: 'version' } } });
    const first = await talk.patch(`${maps}/m`, { data: { mutation: '1' } });
    await talk.patch(`${maps}/m`, { data: { mutation: '2' } });
    await talk.delete(`${maps}/m`);
    const seen: string[] = [];
    const path = `${maps}?watch=true&labelSelector=from%3Dversion&resourceVersion=${at(first, 'metadata/resourceVersion')}`;
    for await (const { type, object } of talk.watch(path)) {
      seen.push(`${type} ${at(object, 'data/mutation')}`);
      if (seen.length === 2) break;
    }
    assert.deepEqual(seen, ['MODIFIED 2', 'DELETED 2']);
  },
  'Watchers should be able to restart watching from the last resource version observed by the previous watch': async (
    talk,
  ) => {
    const maps = talk.here('configmaps');
    const path = (since: unknown) => `${maps}?watch=true&labelSelector=restart%3Dtrue&resourceVersion=${since}`;
    const made = await talk.create(maps, { metadata: { name: 'm', labels: { restart: 'true' } } });
    await talk.patch(`${maps}/m`, { data: { mutation: '1' } });
    const { object } = await talk.seen(path(at(made, 'metadata/resourceVersion')), ({ type }) => type === 'MODIFIED');
    await talk.patch(`${maps}/m`, { data: { mutation: '2' } });
    await talk.delete(`${maps}/m`);
    const seen: string[] = [];
    for await (const event of talk.watch(path(at(object, 'metadata/resourceVersion')))) {
      seen.push(`${event.type} ${at(event.object, 'data/mutation')}`);
      if (seen.length === 2) break;
    }
    assert.deepEqual(seen, ['MODIFIED 2', 'DELETED 2']);
  },
  'Discovery should locate the groupVersion and a resource within each APIGroup': async (talk) => {
    const wanted: readonly (readonly [group: string, version: string, resource: string])[] = [
      ['admissionregistration.k8s.io', 'v1', 'validatingwebhookconfigurations'],
      ['apiextensions.k8s.io', 'v1', 'customresourcedefinitions'],
      ['apiregistration.k8s.io', 'v1', 'apiservices'],
      ['apps', 'v1', 'deployments'],
      ['authentication.k8s.io', 'v1', 'tokenreviews'],
      ['authorization.k8s.io', 'v1', 'selfsubjectaccessreviews'],
      ['autoscaling', 'v1', 'horizontalpodautoscalers'],
      ['autoscaling', 'v2', 'horizontalpodautoscalers'],
      ['batch', 'v1', 'jobs'],
      ['certificates.k8s.io', 'v1', 'certificatesigningrequests'],
      ['coordination.k8s.io', 'v1', 'leases'],
      ['discovery.k8s.io', 'v1', 'endpointslices'],
      ['events.k8s.io', 'v1', 'events'],
      ['networking.k8s.io', 'v1', 'ingresses'],
      ['node.k8s.io', 'v1', 'runtimeclasses'],
      ['policy', 'v1', 'poddisruptionbudgets'],
      ['scheduling.k8s.io', 'v1', 'priorityclasses'],
      ['storage.k8s.io', 'v1', 'csinodes'],
    ];
    const groups = at<Wire[]>(await talk.get('/apis'), 'groups') ?? [];
    for (const [group, version, resource] of wanted) {
      const listed = groups.find(({ name }) => name === group);
      const path = `${group}/${version}`;
      assert.ok(
        at<Wire[]>(listed, 'versions')?.some(({ groupVersion }) => groupVersion === path),
        path,
      );
      assert.equal(at(await talk.get(`/apis/${group}`), 'kind'), 'APIGroup');
      const found = await talk.get(`/apis/${path}`);
      assert.equal(found.groupVersion, path);
      assert.ok(
        at<Wire[]>(found, 'resources')?.some(({ name }) => name === resource),
        `${path} ${resource}`,
      );
    }
  },
});
