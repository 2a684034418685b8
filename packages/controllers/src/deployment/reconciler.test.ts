import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deployments, replicasets } from '@typernetes/api/apps/v1';
import { findCondition } from '@typernetes/machinery';
import { type ControllerUnderTest, runController } from '../testing/index.ts';
import { deploymentController } from './register.ts';

const ref = { namespace: 'shop', name: 'web' };
const draft = {
  metadata: ref,
  spec: {
    replicas: 2,
    progressDeadlineSeconds: 600,
    revisionHistoryLimit: 1,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'nginx:1.7.9' }] } },
    strategy: { type: 'RollingUpdate' as const, rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
  },
};

/** Plays the ReplicaSet controller: all wanted replicas exist and are available at once. */
async function becomeAvailable({ api, settle }: ControllerUnderTest): Promise<void> {
  const sets = api.resource(replicasets);
  for (const rs of (await sets.list()).items) {
    const { replicas = 0 } = rs.spec;
    const status = {
      replicas,
      readyReplicas: replicas,
      availableReplicas: replicas,
      observedGeneration: rs.metadata.generation,
    };
    await sets.updateStatus({ ...rs, status });
  }
  await settle();
}

async function sizes({ api }: ControllerUnderTest): Promise<number[]> {
  return (await api.resource(replicasets).list()).items.map(({ spec }) => spec.replicas ?? 0);
}

test('rolls out step by step, never below the allowed minimum, with events', () =>
  runController(deploymentController, async (under) => {
    const { api, clock, events, settle } = under;
    const client = api.resource(deployments);
    await client.create(draft);
    await settle();
    assert.deepEqual(await sizes(under), [2]);
    const [first] = (await api.resource(replicasets).list()).items;
    assert.deepEqual(events.seen.splice(0), [
      `Normal ScalingReplicaSet Scaled up replica set ${first?.metadata.name} from 0 to 2`,
    ]);
    await becomeAvailable(under);
    const { status, metadata } = await client.get(ref);
    assert.equal(metadata.annotations?.['deployment.kubernetes.io/revision'], '1');
    // The revision is written with the status, so that it does not count as a change of the spec.
    assert.deepEqual(
      [api.writes.filter((write) => write.startsWith('update deployments.apps ')), metadata.generation],
      [[], 1],
    );
    assert.deepEqual([status?.replicas, status?.updatedReplicas, status?.availableReplicas], [2, 2, 2]);
    assert.equal(
      findCondition(status?.conditions, 'Progressing')?.message,
      `ReplicaSet "${first?.metadata.name}" has successfully progressed.`,
    );
    assert.equal(findCondition(status?.conditions, 'Available')?.status, 'True');

    const image = { spec: { template: { spec: { containers: [{ name: 'c', image: 'nginx:1.8' }] } } } };
    await clock.advance(1000);
    await client.patch(ref, image, { type: 'merge' });
    await settle();
    const seen = [await sizes(under)];
    for (let i = 0; i < 6; i++) {
      await becomeAvailable(under);
      const now = await sizes(under);
      if (String(now) !== String(seen.at(-1))) seen.push(now);
    }
    assert.equal(String(seen[0]), '2,1');
    assert.equal(String(seen.at(-1)), '0,2');
    const second = (await api.resource(replicasets).list()).items[1]?.metadata.name;
    assert.deepEqual(
      events.seen.map((text) => text.replace('Normal ScalingReplicaSet Scaled ', '')),
      [
        `up replica set ${second} from 0 to 1`,
        `down replica set ${first?.metadata.name} from 2 to 1`,
        `up replica set ${second} from 1 to 2`,
        `down replica set ${first?.metadata.name} from 1 to 0`,
      ],
    );
    assert.equal((await client.get(ref)).metadata.annotations?.['deployment.kubernetes.io/revision'], '2');
  }));

test('a rollout without progress exceeds its deadline', () =>
  runController(deploymentController, async ({ api, clock, settle }) => {
    const watches = clock.pending;
    await api.resource(deployments).create(draft);
    await settle();
    await clock.advance(602_000);
    await settle();
    const { status } = await api.resource(deployments).get(ref);
    const condition = findCondition(status?.conditions, 'Progressing');
    assert.deepEqual([condition?.status, condition?.reason], ['False', 'ProgressDeadlineExceeded']);
    assert.equal(clock.pending, watches);
  }));

test('changing the strategy between two rollouts keeps the annotations of the replica sets', () =>
  runController(deploymentController, async (under) => {
    const { api, settle } = under;
    await api.resource(deployments).create(draft);
    await settle();
    await becomeAvailable(under);
    const maxReplicas = async (): Promise<string | undefined> =>
      (await api.resource(replicasets).list()).items[0]?.metadata.annotations?.[
        'deployment.kubernetes.io/max-replicas'
      ];
    assert.equal(await maxReplicas(), '3');
    const strategy = { rollingUpdate: { maxSurge: 4 } };
    await api.resource(deployments).patch(ref, { spec: { strategy } }, { type: 'merge' });
    await settle();
    assert.equal(await maxReplicas(), '3');
  }));

test('a paused deployment copies its annotations and shows the revision of its template', () =>
  runController(deploymentController, async (under) => {
    const { api, settle } = under;
    const client = api.resource(deployments);
    await client.create(draft);
    await settle();
    await becomeAvailable(under);
    const image = (name: string) => ({ template: { spec: { containers: [{ name: 'c', image: name }] } } });
    await client.patch(ref, { spec: image('nginx:1.8') }, { type: 'merge' });
    await settle();
    const back = { metadata: { annotations: { note: 'b' } }, spec: { paused: true, ...image('nginx:1.7.9') } };
    await client.patch(ref, back, { type: 'merge' });
    await settle();
    const sets = (await api.resource(replicasets).list()).items;
    const set = sets.find(({ spec }) => spec.template?.spec?.containers[0]?.image === 'nginx:1.7.9');
    const shown = [set?.metadata, (await client.get(ref)).metadata].map((metadata) => [
      metadata?.annotations?.note,
      metadata?.annotations?.['deployment.kubernetes.io/revision'],
    ]);
    assert.deepEqual(shown, [
      ['b', '3'],
      ['b', '3'],
    ]);
  }));

test('adopting a replica set with its pods counts as progress', () =>
  runController(deploymentController, async (under) => {
    const { api, settle } = under;
    await api.resource(deployments).create(draft);
    await settle();
    const sets = api.resource(replicasets);
    const [first] = (await sets.list()).items;
    assert.ok(first);
    await sets.updateStatus({ ...first, status: { replicas: 2, observedGeneration: 1 } });
    await settle();
    await api.resource(deployments).delete(ref);
    await sets.patch(first.metadata, { metadata: { ownerReferences: null } }, { type: 'merge' });
    await settle();
    await api.resource(deployments).create(draft);
    await settle();
    const { status } = await api.resource(deployments).get(ref);
    assert.equal(findCondition(status?.conditions, 'Progressing')?.reason, 'ReplicaSetUpdated');
  }));
