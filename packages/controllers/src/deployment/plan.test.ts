import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Deployment, ReplicaSet } from '@typernetes/api/apps/v1';
import { planDeployment } from './plan.ts';
import { limitsOf } from './strategy.ts';

const template = (image: string) => ({
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'c', image }] },
});
const deployment = (replicas: number, spec: Partial<Deployment['spec']> = {}): Deployment => ({
  metadata: { name: 'web', namespace: 'shop', uid: 'd', resourceVersion: '1', creationTimestamp: '' },
  spec: { replicas, selector: { matchLabels: { app: 'web' } }, template: template('nginx:1.8'), ...spec },
});
const rolling = (maxSurge: number | string, maxUnavailable: number | string) => ({
  strategy: { type: 'RollingUpdate' as const, rollingUpdate: { maxSurge, maxUnavailable } },
});

/** `new 2/1`: two wanted, one available; the names tell the template. */
function sets(texts: readonly string[], annotated: { desired?: number; max?: number } = {}): ReplicaSet[] {
  return texts.map((text, i) => {
    const [, name = '', replicas = '0', available = '0'] = /^(\w+) (\d+)\/(\d+)$/.exec(text) ?? [];
    return {
      metadata: {
        name,
        uid: name,
        resourceVersion: '1',
        creationTimestamp: `2026-01-0${i + 1}T00:00:00Z`,
        annotations: {
          'deployment.kubernetes.io/revision': String(i + 1),
          'deployment.kubernetes.io/desired-replicas': String(annotated.desired ?? ''),
          'deployment.kubernetes.io/max-replicas': String(annotated.max ?? ''),
        },
      },
      spec: {
        replicas: Number(replicas),
        selector: {},
        template: template(name === 'new' ? 'nginx:1.8' : `nginx:${name}`),
      },
      status: { replicas: Number(replicas), availableReplicas: Number(available) },
    };
  });
}

test('the limits of a rolling update round in favour of progress and safety', () => {
  const of = (replicas: number, surge: number | string, unavailable: number | string) => {
    const limits = limitsOf(deployment(replicas, rolling(surge, unavailable)));
    return [limits.surge, limits.unavailable];
  };
  assert.deepEqual(of(2, '25%', '25%'), [1, 0]);
  assert.deepEqual(of(10, '25%', '25%'), [3, 2]);
  assert.deepEqual(of(3, 0, 0), [0, 1]);
  assert.deepEqual(of(1, 0, '10%'), [0, 1]);
  assert.deepEqual(of(2, 0, 5), [0, 2]);
});

const steps: [name: string, replicas: number, limits: [number, number], before: string[], resize: string[]][] = [
  ['grows into the surge', 2, [1, 0], ['old 2/2', 'new 0/0'], ['new 1']],
  ['waits for availability', 2, [1, 0], ['old 2/2', 'new 1/0'], []],
  ['shrinks what is in excess', 2, [1, 0], ['old 2/2', 'new 1/1'], ['old 1']],
  ['grows again', 2, [1, 0], ['old 1/1', 'new 1/1'], ['new 2']],
  ['takes the last away', 2, [1, 0], ['old 1/1', 'new 2/2'], ['old 0']],
  ['is done', 2, [1, 0], ['old 0/0', 'new 2/2'], []],
  ['may be short of one', 3, [0, 1], ['old 3/3', 'new 0/0'], ['old 2']],
  ['unhealthy old ones go first', 3, [1, 0], ['a 2/0', 'b 1/1', 'new 1/1'], ['a 1']],
  ['does not count old pods that are about to go', 6, [0, 2], ['old 4/6', 'new 2/1'], ['old 3']],
  ['does not count what a new one had before', 3, [1, 0], ['old 3/3', 'new 1/3'], ['old 2']],
  ['shrinks the new one that is too large', 2, [1, 0], ['new 4/4'], ['new 2']],
];
for (const [name, replicas, [surge, unavailable], before, resize] of steps) {
  test(`rolling update: ${name}`, () => {
    const annotated = { desired: replicas, max: replicas + surge };
    const plan = planDeployment({
      deployment: deployment(replicas, rolling(surge, unavailable)),
      replicaSets: sets(before, annotated),
      pods: () => [],
    });
    assert.deepEqual(
      plan.resize.map(({ rs, to }) => `${rs.metadata.name} ${to}`),
      resize,
    );
  });
}

test('rolling update: the counts of a new ReplicaSet that was just resized are not trusted', () => {
  const [old, fresh] = sets(['old 3/3', 'new 1/3'], { desired: 3, max: 4 }) as [ReplicaSet, ReplicaSet];
  const resized = {
    ...fresh,
    metadata: { ...fresh.metadata, generation: 3 },
    status: { ...fresh.status, replicas: 3, observedGeneration: 2 },
  };
  const plan = planDeployment({
    deployment: deployment(3, rolling(1, 0)),
    replicaSets: [old, resized],
    pods: () => [],
  });
  assert.deepEqual(plan.resize, []);
});

const scales: [name: string, to: number, surge: number, before: string[], was: [number, number], resize: string[]][] = [
  ['one ReplicaSet takes it all', 5, 1, ['new 2/2'], [2, 3], ['new 5']],
  ['in proportion', 20, 5, ['old 8/8', 'new 5/5'], [10, 15], ['old 17', 'new 8']],
  ['down in proportion', 5, 0, ['old 6/6', 'new 4/4'], [10, 10], ['old 3', 'new 2']],
];
for (const [name, to, surge, before, [desired, max], resize] of scales) {
  test(`scaling: ${name}`, () => {
    const plan = planDeployment({
      deployment: deployment(to, rolling(surge, 0)),
      replicaSets: sets(before, { desired, max }),
      pods: () => [],
    });
    const sizes = plan.resize.map((step) => `${step.rs.metadata.name} ${step.to}`);
    assert.deepEqual(sizes.sort(), [...resize].sort());
  });
}

test('counts revisions beyond the precision of a double', () => {
  const old = sets(['old 2/2'], { desired: 2, max: 3 }).map((rs) => ({
    ...rs,
    metadata: {
      ...rs.metadata,
      annotations: { ...rs.metadata.annotations, 'deployment.kubernetes.io/revision': '3546343826724305832' },
    },
  }));
  const plan = planDeployment({ deployment: deployment(2, rolling(1, 0)), replicaSets: old, pods: () => [] });
  assert.equal(plan.create?.metadata.annotations?.['deployment.kubernetes.io/revision'], '3546343826724305833');
  assert.equal(plan.revision, 3546343826724305833n);
});

test('a new template gets its own ReplicaSet with the next revision', () => {
  const plan = planDeployment({
    deployment: deployment(2, rolling(1, 0)),
    replicaSets: sets(['old 2/2'], { desired: 2, max: 3 }),
    pods: () => [],
  });
  const { metadata, spec } = plan.create ?? assert.fail('nothing is created');
  const hash = metadata.labels?.['pod-template-hash'] ?? '';
  assert.match(hash, /^[bcdfghjklmnpqrstvwxz2456789]+$/);
  assert.equal(metadata.name, `web-${hash}`);
  assert.equal(metadata.annotations?.['deployment.kubernetes.io/revision'], '2');
  assert.equal(spec.replicas, 1);
  assert.equal(spec.selector.matchLabels?.['pod-template-hash'], hash);
  assert.equal(spec.template?.metadata?.labels?.['pod-template-hash'], hash);
});

test('Recreate: deletes the old pods first, and waits for them', () => {
  const recreate = deployment(2, { strategy: { type: 'Recreate' } });
  const annotated = { desired: 2, max: 2 };
  const first = planDeployment({ deployment: recreate, replicaSets: sets(['old 2/2'], annotated), pods: () => [] });
  assert.deepEqual([first.resize[0]?.to, first.create], [0, undefined]);
  const pod = {
    metadata: { name: 'p', uid: 'p', resourceVersion: '1', creationTimestamp: '' },
    spec: { containers: [] },
  };
  const stopped = sets(['old 0/0'], annotated);
  assert.equal(planDeployment({ deployment: recreate, replicaSets: stopped, pods: () => [pod] }).create, undefined);
  assert.equal(planDeployment({ deployment: recreate, replicaSets: stopped, pods: () => [] }).create?.spec.replicas, 2);
});

test('a paused Deployment is scaled but not rolled out', () => {
  const plan = planDeployment({
    deployment: deployment(4, { paused: true }),
    replicaSets: sets(['old 2/2'], { desired: 2, max: 3 }),
    pods: () => [],
  });
  assert.deepEqual([plan.create, plan.resize[0]?.to], [undefined, 4]);
});
