import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ControllerRevision, Deployment, ReplicaSet } from '@typernetes/api/apps/v1';
import type { CronJob } from '@typernetes/api/batch/v1';
import type { ApiObject } from '@typernetes/machinery';
import { known, type Resource } from '../api/resource.ts';
import { create, evict, remove, replace, rollBack, rollBackSet, runNow, scale } from './changes.ts';
import { actionsFor } from './offered.ts';

const resource = (one: (typeof known)[keyof typeof known]): Resource => ({
  ...one,
  namespaced: true,
  verbs: [],
  shortNames: [],
  subresources: [],
});
const object = (spec: object, rest: object = {}): ApiObject =>
  ({
    metadata: { namespace: 'default', name: 'web', uid: 'u', resourceVersion: '7' },
    spec,
    ...rest,
  }) as unknown as ApiObject;
const surroundings = { now: '2026-01-01T00:00:00Z', suffix: 'abcde' };

const offered: readonly (readonly [what: string, one: (typeof known)[keyof typeof known], ApiObject, string[]])[] = [
  ['a deployment', known.deployments, object({}), ['Restart', 'Pause']],
  ['a paused one', known.deployments, object({ paused: true }), ['Resume']],
  ['a daemon set', known.daemonSets, object({}), ['Restart']],
  ['a cron job', known.cronJobs, object({}), ['Run now', 'Suspend']],
  ['a suspended one', known.cronJobs, object({ suspend: true }), ['Run now', 'Unsuspend']],
  ['a job', known.jobs, object({}), ['Suspend']],
  ['a finished one', known.jobs, object({}, { status: { conditions: [{ type: 'Complete', status: 'True' }] } }), []],
  ['a node', known.nodes, object({}), ['Cordon']],
  ['a cordoned one', known.nodes, object({ unschedulable: true }), ['Uncordon']],
  ['a pod', known.pods, object({}), []],
];

for (const [what, one, target, labels] of offered)
  test(`${what} can be told to: ${labels.join(', ') || 'nothing'}`, () => {
    const actions = actionsFor(resource(one), target, surroundings);
    assert.deepEqual(
      actions.map(({ label }) => label),
      labels,
    );
  });

test('an eviction is of this very pod', () => {
  const { path, call } = evict(object({}));
  assert.equal(path, '/api/v1/namespaces/default/pods/web/eviction');
  assert.deepEqual(call.body, {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { namespace: 'default', name: 'web' },
    deleteOptions: { preconditions: { uid: 'u' } },
  });
});

test('changes are the requests that kubectl makes', () => {
  const deployments = resource(known.deployments);
  const [restart] = actionsFor(deployments, object({}), surroundings);
  assert.equal(
    restart?.change.path,
    '/apis/apps/v1/namespaces/default/deployments/web?fieldManager=typernetes-dashboard',
  );
  assert.deepEqual(restart?.change.call.body, {
    spec: { template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': surroundings.now } } } },
  });
  assert.match(scale(deployments, object({}), 3).path, /\/deployments\/web\/scale\?/);
  assert.deepEqual(scale(deployments, object({}), 3).call.body, { spec: { replicas: 3 } });
  assert.deepEqual(
    actionsFor(resource(known.nodes), object({ unschedulable: true }), surroundings)[0]?.change.call.body,
    {
      spec: { unschedulable: null },
    },
  );
});

test('a rollback gives way to a change that it has not seen', () => {
  const replicaSet = {
    metadata: {},
    spec: { template: { metadata: { labels: { a: 'b', 'pod-template-hash': 'x' } }, spec: {} } },
  };
  const { call } = rollBack(object({}) as Deployment, replicaSet as unknown as ReplicaSet);
  assert.equal(call.contentType, 'application/json-patch+json');
  assert.deepEqual(call.body, [
    { op: 'test', path: '/metadata/resourceVersion', value: '7' },
    { op: 'replace', path: '/spec/template', value: { metadata: { labels: { a: 'b' } }, spec: {} } },
  ]);
});

test('a set goes back by the patch that its revision is, unless it has changed since', () => {
  const data = { spec: { template: { $patch: 'replace', spec: {} } } };
  const { path, call } = rollBackSet(resource(known.daemonSets), object({}), { data } as unknown as ControllerRevision);
  assert.match(path, /\/daemonsets\/web\?/);
  assert.equal(call.contentType, 'application/strategic-merge-patch+json');
  assert.deepEqual(call.body, { ...data, metadata: { resourceVersion: '7' } });
});

test('a job of a cron job is owned by it and says that it was asked for by hand', () => {
  const { path, call } = runNow(object({ jobTemplate: { spec: { template: {} } } }) as CronJob, 'abcde');
  assert.match(path, /^\/apis\/batch\/v1\/namespaces\/default\/jobs\?/);
  const { metadata, spec } = call.body as ApiObject & { spec: unknown };
  assert.equal(metadata.name, 'web-abcde');
  assert.equal(metadata.annotations?.['cronjob.kubernetes.io/instantiate'], 'manual');
  assert.deepEqual(metadata.ownerReferences?.[0], {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    name: 'web',
    uid: 'u',
    controller: true,
  });
  assert.deepEqual(spec, { template: {} });
});

test('writes are tried first, strictly; deletions are of this very object', () => {
  const pods = resource(known.pods);
  assert.match(replace(pods, object({}), { dryRun: true }).path, /\/pods\/web\?.*fieldValidation=Strict&dryRun=All$/);
  assert.doesNotMatch(replace(pods, object({}), { dryRun: false }).path, /dryRun/);
  const nameless = { metadata: { name: 'x' } } as ApiObject;
  assert.match(
    create(pods, nameless, { namespace: 'here', dryRun: false }).path,
    /^\/api\/v1\/namespaces\/here\/pods\?/,
  );
  assert.match(
    create({ ...pods, namespaced: false }, nameless, { namespace: 'here', dryRun: false }).path,
    /^\/api\/v1\/pods\?/,
  );
  const { propagationPolicy, preconditions } = remove(pods, object({}), 'Orphan').call.body as Record<string, unknown>;
  assert.deepEqual([propagationPolicy, preconditions], ['Orphan', { uid: 'u' }]);
});
