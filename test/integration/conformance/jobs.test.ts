import assert from 'node:assert/strict';
import { eventually } from '../api.ts';
import { conformance } from './checks.ts';
import { at, type Conversation, itemsOf, nameOf, type Wire } from './conversation.ts';
import { supportsOperations, takesStatus } from './operations.ts';
import { collects, condition, status, until, workload } from './workload.ts';

/** Jobs, CronJobs and PodDisruptionBudgets. */

const jobs = 'batch/v1/jobs';
const cronJobs = 'batch/v1/cronjobs';
const budgets = 'policy/v1/poddisruptionbudgets';

const podsOf = async (talk: Conversation) => itemsOf(await talk.get(talk.here('pods')));
const alive = (pods: readonly Wire[]) => pods.filter((pod) => !at(pod, 'metadata/deletionTimestamp'));

const job = (name: string, spec: object = {}) => ({
  metadata: { name, creationTimestamp: null },
  spec: {
    parallelism: 2,
    completions: 4,
    backoffLimit: 6,
    template: {
      metadata: { creationTimestamp: null, labels: { job: name } },
      spec: {
        restartPolicy: 'Never',
        containers: [{ name: 'c', image: 'agnhost', resources: {}, securityContext: {} }],
        securityContext: {},
      },
    },
    ...spec,
  },
  status: {},
});

/**
 * Ends pods as their kubelet would, each once, with the exit code that `exit` returns for its index; if undefined, the
 * pod keeps running. Runs until stopped.
 */
function ending(talk: Conversation, exit: (index: number, pod: Wire) => number | undefined): { stop(): Promise<void> } {
  const ended = new Set<unknown>();
  let stopped = false;
  const run = async () => {
    while (!stopped) {
      for (const pod of alive(await podsOf(talk))) {
        const uid = at(pod, 'metadata/uid');
        const index = Number(
          at<Record<string, string>>(pod, 'metadata/annotations')?.['batch.kubernetes.io/job-completion-index'] ?? -1,
        );
        if (ended.has(uid) || at(pod, 'status/phase') !== 'Running') continue;
        const exitCode = exit(index, pod);
        if (exitCode === undefined) continue;
        ended.add(uid);
        const terminated = {
          exitCode,
          finishedAt: new Date(Date.now()).toISOString().replace(/\.\d+/, ''),
          startedAt: null,
          reason: exitCode ? 'Error' : 'Completed',
        };
        const containerStatuses = [
          { name: 'c', image: 'agnhost', imageID: '', ready: false, restartCount: 0, state: { terminated } },
        ];
        await talk.patch(talk.here('pods', `${nameOf(pod)}/status`), {
          status: { phase: exitCode ? 'Failed' : 'Succeeded', containerStatuses },
        });
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const running = run();
  return {
    stop: () => {
      stopped = true;
      return running;
    },
  };
}

async function ends(
  talk: Conversation,
  object: ReturnType<typeof job>,
  exit: (index: number, pod: Wire) => number | undefined,
  type: 'Complete' | 'Failed',
): Promise<Wire> {
  await talk.create(talk.here(jobs), object);
  const kubelet = ending(talk, exit);
  try {
    return await until(talk, talk.here(jobs, object.metadata.name), (one) => condition(one, type)?.status === 'True');
  } finally {
    await kubelet.stop();
  }
}

const indexed = (spec: object) => job('work', { completionMode: 'Indexed', ...spec });

conformance('jobs and disruptions', {
  'Job should adopt matching orphans and release non-matching pods': async (talk) => {
    const created = await talk.create(talk.here(jobs), job('work'));
    const pods = await eventually(async () => {
      const list = await podsOf(talk);
      return list.length === 2 && list.every((pod) => at(pod, 'status/phase') === 'Running') ? list : undefined;
    });
    const path = talk.here('pods', nameOf(pods[0]));
    await talk.patch(path, { metadata: { ownerReferences: null } });
    await until(talk, path, (pod) => at(pod, 'metadata/ownerReferences/0/uid') === at(created, 'metadata/uid'));
    await talk.patch(path, { metadata: { labels: null } });
    await until(talk, path, (pod) => at(pod, 'metadata/ownerReferences') === undefined);
  },
  'Job should apply changes to a job status': async (talk) => {
    const path = talk.here(jobs, 'work');
    const made = await talk.create(talk.here(jobs), job('work'));
    await until(talk, path, (one) => status(one, 'active') === 2 && status(one, 'ready') === 2);
    const patched = await talk.patch(`${path}/status`, {
      metadata: { annotations: { patchedstatus: 'true' } },
      status: { ready: 0 },
    });
    assert.equal(at(patched, 'status/ready'), 0);
    const moved = await talk.refused(
      422,
      'PATCH',
      `${path}/status`,
      { status: { startTime: '2030-01-01T00:00:00Z' } },
      { type: 'application/merge-patch+json' },
    );
    assert.match(String(moved.message), /status\.startTime: .*: field is immutable for unsuspended job once set$/);
    assert.equal(at(patched, 'metadata/annotations/patchedstatus'), 'true');
    await eventually(async () => {
      const found = await talk.get(path);
      const answer = await talk.send('PUT', `${path}/status`, {
        ...found,
        status: { ...(found.status as Wire), ready: 1 },
      });
      const text = Buffer.concat(await Array.fromAsync(answer.body)).toString();
      if (answer.status === 409) return undefined;
      assert.equal(answer.status, 200, text);
      assert.equal(at(JSON.parse(text), 'status/ready'), 1);
      return true;
    });
    assert.equal(at(await talk.get(`${path}/status`), 'metadata/uid'), at(made, 'metadata/uid'));
  },
  'Job should manage the lifecycle of a job': async (talk) => {
    const path = talk.here(jobs, 'work');
    const base = job('work', { suspend: true });
    await talk.create(talk.here(jobs), { ...base, metadata: { ...base.metadata, labels: { life: talk.namespace } } });
    await talk.patch(path, { metadata: { labels: { work: 'patched' } } }, 'strategic');
    await eventually(async () => {
      const found = await talk.get(path);
      const metadata = {
        ...(found.metadata as Wire),
        annotations: { ...(at<Wire>(found, 'metadata/annotations') ?? {}), updated: 'true' },
      };
      const answer = await talk.send('PUT', path, {
        ...found,
        metadata,
        spec: { ...(found.spec as Wire), suspend: false },
      });
      for await (const _ of answer.body);
      return answer.status === 200 || undefined;
    });
    const kubelet = ending(talk, () => 0);
    const done = await until(talk, path, (one) => condition(one, 'Complete')?.status === 'True');
    await kubelet.stop();
    assert.equal(status(done, 'succeeded'), 4);
    const all = `/apis/${jobs}?labelSelector=life%3D${talk.namespace}`;
    assert.equal(itemsOf(await talk.get(all)).length, 1);
    await talk.delete(`${talk.here(jobs)}?labelSelector=life%3D${talk.namespace}`, {
      propagationPolicy: 'Background',
    });
    assert.equal(itemsOf(await talk.get(all)).length, 0);
    await eventually(async () => (await podsOf(talk)).length === 0 || undefined);
  },
  'Job should delete a job': async (talk) => {
    await talk.create(talk.here(jobs), job('work'));
    await until(talk, talk.here(jobs, 'work'), (one) => status(one, 'active') === 2);
    await talk.delete(talk.here(jobs, 'work'), { propagationPolicy: 'Foreground' });
    await eventually(async () => itemsOf(await talk.get(talk.here(jobs))).length === 0 || undefined);
    assert.equal((await podsOf(talk)).length, 0);
  },
  'Job should create pods for an Indexed job with completion indexes and specified hostname': async (talk) => {
    const done = await ends(talk, indexed({}), () => 0, 'Complete');
    assert.equal(at(done, 'status/completedIndexes'), '0-3');
    const pods = await podsOf(talk);
    const seen = pods.map((pod) => {
      const index = at<Record<string, string>>(pod, 'metadata/annotations')?.[
        'batch.kubernetes.io/job-completion-index'
      ];
      assert.equal(
        at<Record<string, string>>(pod, 'metadata/labels')?.['batch.kubernetes.io/job-completion-index'],
        index,
      );
      assert.equal(at(pod, 'spec/hostname'), `work-${index}`);
      assert.equal(
        at<Wire[]>(pod, 'spec/containers/0/env')?.find((one) => one.name === 'JOB_COMPLETION_INDEX') !== undefined,
        true,
      );
      return index;
    });
    assert.deepEqual(seen.sort(), ['0', '1', '2', '3']);
  },
  'Job should allow to use the pod failure policy on exit code to fail the job early': async (talk) => {
    const podFailurePolicy = {
      rules: [{ action: 'FailJob', onExitCodes: { containerName: 'c', operator: 'In', values: [1] } }],
    };
    const failed = await ends(
      talk,
      job('work', { backoffLimit: 0, podFailurePolicy }),
      (_, pod) => (nameOf(pod) ? 1 : undefined),
      'Failed',
    );
    assert.equal(condition(failed, 'Failed')?.reason, 'PodFailurePolicy');
  },
  'Job should allow to use a pod failure policy to ignore failure matching on DisruptionTarget condition': async (
    talk,
  ) => {
    const podFailurePolicy = {
      rules: [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }],
    };
    await talk.create(talk.here(jobs), indexed({ completions: 1, parallelism: 1, backoffLimit: 0, podFailurePolicy }));
    const pod = await eventually(async () => (await podsOf(talk)).find((one) => at(one, 'status/phase') === 'Running'));
    await talk.create(talk.here('pods', `${nameOf(pod)}/eviction`), { metadata: { name: nameOf(pod) } });
    const kubelet = ending(talk, (_, one) => (at(one, 'metadata/uid') === at(pod, 'metadata/uid') ? undefined : 0));
    const done = await until(talk, talk.here(jobs, 'work'), (one) => condition(one, 'Complete')?.status === 'True');
    await kubelet.stop();
    assert.equal(status(done, 'failed'), 0);
  },
  'Job should execute all indexes despite some failing when using backoffLimitPerIndex': async (talk) => {
    const failed = await ends(
      talk,
      indexed({ backoffLimitPerIndex: 0, backoffLimit: undefined }),
      (index) => index % 2,
      'Failed',
    );
    assert.equal(condition(failed, 'Failed')?.reason, 'FailedIndexes');
    assert.deepEqual([at(failed, 'status/failedIndexes'), at(failed, 'status/completedIndexes')], ['1,3', '0,2']);
    assert.deepEqual([status(failed, 'failed'), status(failed, 'succeeded')], [2, 2]);
  },
  'Job should mark indexes as failed when the FailIndex action is matched in podFailurePolicy': async (talk) => {
    const podFailurePolicy = { rules: [{ action: 'FailIndex', onExitCodes: { operator: 'NotIn', values: [0] } }] };
    const failed = await ends(
      talk,
      indexed({ completions: 2, backoffLimit: undefined, backoffLimitPerIndex: 1, podFailurePolicy }),
      (index) => (index === 0 ? 1 : 0),
      'Failed',
    );
    assert.deepEqual([at(failed, 'status/failedIndexes'), at(failed, 'status/completedIndexes')], ['0', '1']);
    assert.deepEqual([status(failed, 'failed'), status(failed, 'succeeded')], [1, 1]);
  },
  'Job should terminate job execution when the number of failed indexes exceeds maxFailedIndexes': async (talk) => {
    const failed = await ends(
      talk,
      indexed({
        completions: 10,
        parallelism: 10,
        backoffLimit: undefined,
        backoffLimitPerIndex: 0,
        maxFailedIndexes: 4,
      }),
      () => 1,
      'Failed',
    );
    assert.equal(condition(failed, 'Failed')?.reason, 'MaxFailedIndexesExceeded');
  },
  'Job with successPolicy should succeeded when all indexes succeeded': async (talk) => {
    const done = await ends(
      talk,
      indexed({ completions: 2, successPolicy: { rules: [{ succeededCount: 2 }] } }),
      () => 0,
      'Complete',
    );
    assert.equal(condition(done, 'SuccessCriteriaMet')?.reason, 'SuccessPolicy');
    assert.equal(at(done, 'status/completedIndexes'), '0,1');
  },
  'Job with successPolicy succeededCount rule should succeeded even when some indexes remain pending': async (talk) => {
    const done = await ends(
      talk,
      indexed({
        completions: 5,
        parallelism: 2,
        successPolicy: { rules: [{ succeededIndexes: '0-4', succeededCount: 1 }] },
      }),
      (index) => (index === 0 ? 0 : undefined),
      'Complete',
    );
    assert.equal(condition(done, 'Complete')?.reason, 'SuccessPolicy');
    assert.deepEqual(
      [
        at(done, 'status/completedIndexes'),
        status(done, 'active'),
        at(done, 'status/ready'),
        status(done, 'terminating'),
      ],
      ['0', 0, 0, 0],
    );
  },
  'Job with successPolicy succeededIndexes rule should succeeded even when some indexes remain pending': async (
    talk,
  ) => {
    const done = await ends(
      talk,
      indexed({ completions: 5, parallelism: 2, successPolicy: { rules: [{ succeededIndexes: '0' }] } }),
      (index) => (index === 0 ? 0 : undefined),
      'Complete',
    );
    assert.equal(condition(done, 'SuccessCriteriaMet')?.reason, 'SuccessPolicy');
    assert.equal(condition(done, 'Complete')?.reason, 'SuccessPolicy');
    assert.deepEqual(
      [
        at(done, 'status/completedIndexes'),
        status(done, 'active'),
        at(done, 'status/ready'),
        status(done, 'terminating'),
      ],
      ['0', 0, 0, 0],
    );
  },
  'CronJob should support CronJob API operations': (talk) =>
    supportsOperations(talk, {
      resource: cronJobs,
      namespaced: true,
      below: ['status'],
      object: () => ({
        spec: {
          schedule: '*/1 * * * ?',
          suspend: true,
          concurrencyPolicy: 'Allow',
          jobTemplate: { metadata: { creationTimestamp: null }, spec: job('work').spec },
        },
      }),
      more: (one) => {
        const last = (lastScheduleTime: string) => ({ lastScheduleTime });
        return takesStatus(talk, one, [last('2030-01-01T00:00:00Z'), last('2031-01-01T00:00:00Z')]);
      },
    }),
  'DisruptionController should observe PodDisruptionBudget status updated': async (talk) => {
    await talk.create(talk.here(budgets), {
      metadata: { name: 'foo' },
      spec: { selector: { matchLabels: { set: 'web' } }, minAvailable: 1 },
    });
    await talk.create(talk.here('apps/v1/replicasets'), workload('web', { set: 'web' }, { replicas: 3 }));
    await until(talk, talk.here(budgets, 'foo'), (one) => status(one, 'disruptionsAllowed') === 2);
    assert.equal(condition(await talk.get(talk.here(budgets, 'foo')), 'DisruptionAllowed')?.status, 'True');
  },
  'DisruptionController should create a PodDisruptionBudget': async (talk) => {
    const path = talk.here(budgets, 'foo');
    const selector = { matchLabels: { foo: 'bar' } };
    await talk.create(talk.here(budgets), { metadata: { name: 'foo' }, spec: { selector, minAvailable: '1%' } });
    await until(talk, path, (one) => status(one, 'observedGeneration') === 1);
    const found = await talk.get(path);
    await talk.replace(path, { ...found, spec: { selector, minAvailable: '2%' } });
    const patched = await talk.patch(path, { spec: { minAvailable: '3%' } }, 'strategic');
    assert.equal(at(patched, 'spec/minAvailable'), '3%');
    await until(talk, path, (one) => status(one, 'observedGeneration') === 3);
    await talk.delete(path);
  },
  'DisruptionController should update/patch PodDisruptionBudget status': async (talk) => {
    const path = talk.here(budgets, 'foo');
    await talk.create(talk.here(budgets), {
      metadata: { name: 'foo' },
      spec: { selector: { matchLabels: { set: 'web' } }, minAvailable: 1 },
    });
    await talk.create(talk.here('apps/v1/replicasets'), workload('web', { set: 'web' }, { replicas: 1 }));
    const [pod] = await eventually(async () => {
      const list = await podsOf(talk);
      return list[0] && at(list[0], 'status/phase') === 'Running' ? list : undefined;
    });
    await until(talk, path, (one) => status(one, 'observedGeneration') === 1 && status(one, 'currentHealthy') === 1);
    const now = new Date(Date.now()).toISOString().replace(/\.\d+/, '');
    const found = await talk.get(path);
    const updated = await talk.replace(`${path}/status`, {
      ...found,
      status: { ...(found.status as Wire), disruptedPods: { [nameOf(pod)]: now } },
    });
    assert.deepEqual(at(updated, 'status/disruptedPods'), { [nameOf(pod)]: now });
    const patched = await talk.patch(
      `${path}/status`,
      { status: { disruptedPods: { [nameOf(pod)]: null } } },
      'strategic',
    );
    assert.equal(at(patched, `status/disruptedPods/${nameOf(pod)}`), undefined);
  },
  'DisruptionController should block an eviction until the PDB is updated to allow it': async (talk) => {
    const path = talk.here(budgets, 'foo');
    await talk.create(talk.here(budgets), {
      metadata: { name: 'foo' },
      spec: { selector: { matchLabels: { set: 'web' } }, minAvailable: 3 },
    });
    await talk.create(talk.here('apps/v1/replicasets'), workload('web', { set: 'web' }, { replicas: 3 }));
    await until(talk, path, (one) => status(one, 'currentHealthy') === 3);
    const [pod] = await podsOf(talk);
    const evict = (code: number) =>
      talk.ask(
        'POST',
        talk.here('pods', `${nameOf(pod)}/eviction`),
        { metadata: { name: nameOf(pod), namespace: talk.namespace } },
        { status: code },
      );
    const denied = await evict(429);
    assert.match(String(denied.message), /Cannot evict pod as it would violate the pod's disruption budget/);
    assert.equal(at(denied, 'details/causes/0/reason'), 'DisruptionBudget');
    const found = await talk.get(path);
    await talk.replace(path, { ...found, spec: { ...(found.spec as Wire), minAvailable: 2 } });
    await until(talk, path, (one) => status(one, 'disruptionsAllowed') === 1);
    await evict(201);
    await until(talk, path, (one) => status(one, 'currentHealthy') === 3 && status(one, 'disruptionsAllowed') === 1);
    await talk.patch(path, { spec: { minAvailable: null, maxUnavailable: 0 } });
    await until(
      talk,
      path,
      (one) => status(one, 'disruptionsAllowed') === 0 && status(one, 'observedGeneration') === 3,
    );
    const [other] = alive(await podsOf(talk));
    await talk.refused(429, 'POST', talk.here('pods', `${nameOf(other)}/eviction`), {
      metadata: { name: nameOf(other) },
    });
    await talk.delete(path);
    await eventually(async () => {
      const answer = await talk.send('POST', talk.here('pods', `${nameOf(other)}/eviction`), {
        metadata: { name: nameOf(other) },
      });
      for await (const _ of answer.body);
      return answer.status === 201 || undefined;
    });
  },
  'DisruptionController Listing PodDisruptionBudgets for all namespaces should list and delete a collection of PodDisruptionBudgets':
    (talk) =>
      collects(talk, budgets, (name) => ({
        metadata: { name, labels: { collect: talk.namespace } },
        spec: { selector: { matchLabels: { name } }, minAvailable: 1 },
      })),
});
