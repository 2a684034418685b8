import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cronjobs, type JobSpec, jobs } from '@typernetes/api/batch/v1';
import { events, type Pod, pods, replicationcontrollers } from '@typernetes/api/core/v1';
import type { ApiClient } from '@typernetes/client';
import { eventually } from './api.ts';
import { withCluster } from './cluster.ts';

const template = { spec: { restartPolicy: 'Never' as const, containers: [{ name: 'main', image: 'sum:1' }] } };
const namespace = 'default';

/** Ends the running pods for which `choose` returns a phase. */
async function end(client: ApiClient, choose: (pod: Pod) => 'Succeeded' | 'Failed' | undefined): Promise<void> {
  const { items } = await client.resource(pods).list({ namespace });
  for (const pod of items) {
    const phase = pod.status?.phase === 'Running' ? choose(pod) : undefined;
    if (!phase) continue;
    const { name } = pod.metadata;
    await client
      .resource(pods)
      .patch({ namespace, name }, { status: { phase } }, { type: 'strategic', subresource: 'status' })
      .catch(() => undefined); // deleted meanwhile
  }
}

const indexOf = ({ metadata }: Pod): string | undefined =>
  metadata.labels?.['batch.kubernetes.io/job-completion-index'];

test('Jobs count each pod once, complete or fail, and are cleaned up', () =>
  withCluster({}, async (client) => {
    const jobClient = client.resource(jobs);
    const start = (name: string, spec: Partial<JobSpec>) =>
      jobClient.create({ metadata: { name, namespace }, spec: { template, ...spec } });
    const finished = (name: string, choose: (pod: Pod) => 'Succeeded' | 'Failed' | undefined) =>
      eventually(async () => {
        await end(client, (pod) => (pod.metadata.labels?.['job-name'] === name ? choose(pod) : undefined));
        const { status } = await jobClient.get({ namespace, name });
        return status?.conditions?.some(({ type }) => type === 'Complete' || type === 'Failed') ? status : undefined;
      });

    await start('plain', { completions: 5, parallelism: 3 });
    const plain = await finished('plain', () => 'Succeeded');
    assert.deepEqual([plain.succeeded, plain.failed, plain.active, plain.ready], [5, undefined, undefined, 0]);
    assert.deepEqual(plain.uncountedTerminatedPods, {});
    const left = (await client.resource(pods).list({ namespace })).items;
    assert.deepEqual(
      left.map(({ metadata }) => metadata.finalizers),
      Array(5).fill(undefined),
    );

    await start('indexed', { completions: 3, parallelism: 3, completionMode: 'Indexed', backoffLimitPerIndex: 0 });
    const indexed = await finished('indexed', (pod) => (indexOf(pod) === '1' ? 'Failed' : 'Succeeded'));
    assert.deepEqual([indexed.completedIndexes, indexed.failedIndexes], ['0,2', '1']);
    const reasons = indexed.conditions?.map(({ type, reason }) => `${type} ${reason}`);
    assert.deepEqual(reasons, ['FailureTarget FailedIndexes', 'Failed FailedIndexes']);

    await start('doomed', { completions: 4, parallelism: 2, backoffLimit: 0, ttlSecondsAfterFinished: 0 });
    await eventually(async () => {
      await end(client, (pod) => (pod.metadata.labels?.['job-name'] === 'doomed' ? 'Failed' : undefined));
      const { items } = await jobClient.list({ namespace });
      const ofDoomed = await client.resource(pods).list({ namespace, labelSelector: 'job-name=doomed' });
      return items.every(({ metadata }) => metadata.name !== 'doomed') && ofDoomed.items.length === 0
        ? true
        : undefined;
    });
    const recorded = (await client.resource(events).list({ namespace })).items;
    assert.ok(recorded.some(({ reason, message }) => `${reason} ${message}` === 'Completed Job completed'));
    assert.ok(recorded.some(({ reason }) => reason === 'BackoffLimitExceeded'));
  }));

test('a suspended Job runs when resumed; a CronJob starts Jobs; a ReplicationController keeps its pods', () =>
  withCluster({}, async (client) => {
    const jobClient = client.resource(jobs);
    const ref = { namespace, name: 'later' };
    await jobClient.create({ metadata: ref, spec: { template, suspend: true } });
    await eventually(async () => {
      const { status } = await jobClient.get(ref);
      return status?.conditions?.some(({ reason }) => reason === 'JobSuspended') ? true : undefined;
    });
    await jobClient.patch(ref, { spec: { suspend: false } }, { type: 'merge' });
    await eventually(async () => {
      const { status } = await jobClient.get(ref);
      return status?.active === 1 && status.startTime ? true : undefined;
    });

    const jobTemplate = { spec: { template } };
    const spec = { schedule: '@every 1s', concurrencyPolicy: 'Forbid' as const, jobTemplate };
    const cron = { namespace, name: 'tick' };
    await client.resource(cronjobs).create({ metadata: cron, spec });
    await eventually(async () => {
      const { status } = await client.resource(cronjobs).get(cron);
      return status?.active?.length === 1 && status.lastScheduleTime ? true : undefined;
    });

    const old = { metadata: { labels: { app: 'old' } }, spec: { containers: [{ name: 'old', image: 'old:1' }] } };
    const rc = { namespace, name: 'old' };
    await client
      .resource(replicationcontrollers)
      .create({ metadata: rc, spec: { replicas: 2, selector: { app: 'old' }, template: old } });
    await eventually(async () => {
      const { status } = await client.resource(replicationcontrollers).get(rc);
      return status?.readyReplicas === 2 && status.availableReplicas === 2 ? true : undefined;
    });
  }));
