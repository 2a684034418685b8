import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type JobSpec, jobs } from '@typernetes/api/batch/v1';
import { pods } from '@typernetes/api/core/v1';
import { type ControllerUnderTest, runController } from '../testing/index.ts';
import { jobController } from './register.ts';

const draft = (spec: Partial<JobSpec>) => ({
  metadata: { name: 'sum', namespace: 'shop' },
  spec: {
    parallelism: 2,
    completions: 2,
    backoffLimit: 0,
    selector: { matchLabels: { job: 'sum' } },
    template: { metadata: { labels: { job: 'sum' } }, spec: { containers: [] } },
    ...spec,
  },
});
const ref = { namespace: 'shop', name: 'sum' };

async function end({ api, settle }: ControllerUnderTest, phase: 'Succeeded' | 'Failed'): Promise<void> {
  const [pod] = (await api.resource(pods).list()).items.filter(({ status }) => !status?.phase);
  assert.ok(pod);
  const { name, namespace } = pod.metadata;
  await api
    .resource(pods)
    .patch({ name, namespace }, { status: { phase } }, { type: 'strategic', subresource: 'status' });
  await settle();
}

test('runs to completion, counting each pod once and releasing it', () =>
  runController(jobController, async (under) => {
    const { api, events, settle } = under;
    await api.resource(jobs).create(draft({}));
    await settle();
    assert.equal((await api.resource(jobs).get(ref)).status?.active, 2);
    await end(under, 'Succeeded');
    await end(under, 'Succeeded');
    const { status } = await api.resource(jobs).get(ref);
    assert.deepEqual([status?.succeeded, status?.active, status?.uncountedTerminatedPods], [2, undefined, {}]);
    assert.deepEqual(
      status?.conditions?.map(({ type, reason }) => `${type} ${reason}`),
      ['SuccessCriteriaMet CompletionsReached', 'Complete CompletionsReached'],
    );
    assert.ok(status?.completionTime);
    assert.equal(events.seen.at(-1), 'Normal Completed Job completed');
    for (const { metadata } of (await api.resource(pods).list()).items) assert.deepEqual(metadata.finalizers, []);
  }));

test('fails over its limit, stops running pods and says why', () =>
  runController(jobController, async (under) => {
    const { api, events, settle } = under;
    await api.resource(jobs).create(draft({}));
    await settle();
    await end(under, 'Failed');
    const { status } = await api.resource(jobs).get(ref);
    assert.deepEqual(
      status?.conditions?.map(({ type }) => type),
      ['FailureTarget', 'Failed'],
    );
    assert.deepEqual([status?.failed, status?.active], [2, undefined]);
    assert.equal(events.seen.at(-1), 'Warning BackoffLimitExceeded Job has reached the specified backoff limit');
  }));

test('releases the pods of a job that is gone, and leaves those of other managers alone', () =>
  runController(jobController, async ({ api, settle }) => {
    const { uid } = (await api.resource(jobs).create(draft({}))).metadata;
    await api
      .resource(jobs)
      .create({ ...draft({ managedBy: 'acme.io/jobs' }), metadata: { name: 'other', namespace: 'shop' } });
    await settle();
    const { items } = await api.resource(pods).list();
    assert.deepEqual(
      items.map(({ metadata }) => metadata.ownerReferences?.[0]?.uid),
      [uid, uid],
    );
    await api.resource(jobs).delete(ref);
    await settle();
    for (const { metadata } of (await api.resource(pods).list()).items) assert.deepEqual(metadata.finalizers, []);
  }));
