import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { StatefulSet } from '@typernetes/api/apps/v1';
import type { PersistentVolumeClaim, Pod } from '@typernetes/api/core/v1';
import { withRetention } from './claims.ts';
import { podOf } from './identity.ts';
import { planStatefulSet, type Step } from './plan.ts';
import { statefulSetStatus } from './status.ts';

const meta = (name: string) => ({ name, namespace: 'shop', uid: name, resourceVersion: '1', creationTimestamp: '' });
const gone = { deletionTimestamp: '2026-01-01T00:00:00Z' };
const template = { metadata: { labels: { app: 'db' } }, spec: { containers: [] } };
const rolling = { type: 'RollingUpdate', rollingUpdate: { partition: 0 } } as const;
const setOf = (spec: Partial<StatefulSet['spec']> = {}, status?: Partial<StatefulSet['status']>): StatefulSet => ({
  metadata: { ...meta('db'), generation: 2 },
  spec: { replicas: 3, selector: { matchLabels: { app: 'db' } }, template, updateStrategy: rolling, ...spec },
  ...(status ? { status: { replicas: 0, ...status } } : {}),
});
type State = 'ready' | 'running' | 'pending' | 'failed' | 'leaving';
const podAt = (ordinal: number, state: State = 'ready', revision = 'new', set = setOf()): Pod => {
  const draft = podOf(set, { template, revision, ordinal });
  const phase = ({ pending: 'Pending', failed: 'Failed' } as const)[state as 'pending'] ?? 'Running';
  const ready = {
    type: 'Ready',
    status: state === 'ready' ? 'True' : 'False',
    lastTransitionTime: gone.deletionTimestamp,
  };
  return {
    metadata: { ...meta(''), ...draft.metadata, uid: `uid-${ordinal}`, ...(state === 'leaving' ? gone : {}) },
    spec: draft.spec,
    status: { phase, conditions: [ready] },
  };
};
const show = (step: Step): string => `${step.do} ${step.pod.metadata.name}`;
const plan = (set: StatefulSet, pods: Pod[], claims: PersistentVolumeClaim[] = []) => {
  const view = {
    set,
    pods,
    current: { name: 'old', template },
    update: { name: 'new', template },
    claim: (name: string) => claims.find(({ metadata }) => metadata.name === name),
    now: Date.parse(gone.deletionTimestamp) + 5000,
  };
  const { replicas, condemned, outdated } = planStatefulSet(view);
  return [...replicas, ...condemned].map(show).concat(outdated.map(({ metadata }) => `update ${metadata.name}`));
};

const parallel = { podManagementPolicy: 'Parallel' } as const;
const cases: [name: string, spec: Partial<StatefulSet['spec']>, pods: Pod[], steps: string[]][] = [
  ['ordered: one after another', {}, [], ['create db-0']],
  ['ordered: waits for readiness', {}, [podAt(0, 'running')], []],
  ['ordered: the next', {}, [podAt(0)], ['create db-1']],
  ['ordered: waits until available', { minReadySeconds: 10 }, [podAt(0)], []],
  ['ordered: a gap is filled first', {}, [podAt(0), podAt(2)], ['create db-1']],
  ['ordered: a leaving pod is waited for', {}, [podAt(0, 'leaving'), podAt(1)], []],
  ['parallel: all at once', parallel, [], ['create db-0', 'create db-1', 'create db-2']],
  ['an ended pod is taken away', {}, [podAt(0, 'failed')], ['remove db-0']],
  ['ordinals may start higher', { replicas: 1, ordinals: { start: 5 } }, [podAt(0)], ['create db-5']],
  ['ordered: the highest goes', { replicas: 1 }, [podAt(0), podAt(1), podAt(2)], ['remove db-2']],
  ['ordered: the first unhealthy one may go', { replicas: 1 }, [podAt(0), podAt(1, 'running')], ['remove db-1']],
  [
    'ordered: not while a lower one is unhealthy',
    { replicas: 1 },
    [podAt(0), podAt(1, 'running'), podAt(2, 'running')],
    [],
  ],
  [
    'parallel: all extra ones go',
    { replicas: 1, ...parallel },
    [podAt(0), podAt(1), podAt(2)],
    ['remove db-2', 'remove db-1'],
  ],
  ['foreign names are left alone', { replicas: 0 }, [{ ...podAt(0), metadata: meta('other-0') }], []],
];
describe('management', () => {
  for (const [name, spec, pods, steps] of cases) test(name, () => assert.deepEqual(plan(setOf(spec), pods), steps));
});

const old = (states: State[], from = 0) => states.map((state, i) => podAt(from + i, state, 'old'));
const strategy = (rollingUpdate: object) => ({ updateStrategy: { type: 'RollingUpdate', rollingUpdate } }) as const;
const updates: [name: string, spec: Partial<StatefulSet['spec']>, pods: Pod[], steps: string[]][] = [
  ['from the highest down', {}, old(['ready', 'ready', 'ready']), ['update db-2']],
  ['waits for the new one', parallel, [...old(['ready', 'ready']), podAt(2, 'running')], []],
  ['down to the partition', strategy({ partition: 2 }), [...old(['ready', 'ready']), podAt(2)], []],
  ['not on deletion only', { updateStrategy: { type: 'OnDelete' } }, old(['ready', 'ready', 'ready']), []],
  ['several', strategy({ maxUnavailable: 2 }), old(['ready', 'ready', 'ready']), ['update db-2', 'update db-1']],
  [
    'of a percentage',
    strategy({ maxUnavailable: '70%' }),
    old(['ready', 'ready', 'ready']),
    ['update db-2', 'update db-1'],
  ],
  [
    'no room left',
    { ...strategy({ maxUnavailable: 1 }), ...parallel },
    [...old(['ready', 'ready']), podAt(2, 'running')],
    [],
  ],
  [
    'parallel: broken ones first',
    { ...strategy({ maxUnavailable: 2 }), ...parallel },
    old(['running', 'ready', 'ready']),
    ['update db-0', 'update db-2'],
  ],
];
describe('rolling update', () => {
  for (const [name, spec, pods, steps] of updates) test(name, () => assert.deepEqual(plan(setOf(spec), pods), steps));

  const labelOf = (set: StatefulSet) => {
    const view = {
      set,
      pods: [],
      current: { name: 'old', template },
      update: { name: 'new', template },
      claim: () => undefined,
      now: 0,
    };
    const [step] = planStatefulSet(view).replicas;
    return step?.pod.metadata.labels?.['controller-revision-hash'];
  };
  test('a lost pod below the partition is recreated with the old template, above it with the new one', () => {
    assert.equal(labelOf(setOf(strategy({ partition: 1 }))), 'old');
    assert.equal(labelOf(setOf(strategy({ partition: 0 }))), 'new');
    assert.equal(labelOf(setOf({ updateStrategy: { type: 'OnDelete' } })), 'new');
  });
});

const claimed: StatefulSet['spec']['volumeClaimTemplates'] = [{ metadata: meta('data'), spec: {} }];
const claim: PersistentVolumeClaim = { metadata: meta('data-db-0'), spec: {} };
describe('claims', () => {
  const set = setOf({ replicas: 1, volumeClaimTemplates: claimed });
  test('a pod refers to the set that it was made for, as pods of other owners do', () => {
    const { metadata } = podOf(setOf({}), { template, revision: 'new', ordinal: 0 });
    assert.deepEqual([metadata.name, metadata.generateName], ['db-0', 'db-']);
  });
  test('the pod mounts its own', () =>
    assert.deepEqual(podAt(0, 'ready', 'new', set).spec.volumes, [
      { name: 'data', persistentVolumeClaim: { claimName: 'data-db-0' } },
    ]));
  test('a pending pod gets the claims it lacks', () =>
    assert.deepEqual(plan(set, [podAt(0, 'pending', 'new', set)]), ['provision db-0']));
  test('a pod without its volumes is repaired', () =>
    assert.deepEqual(plan(set, [podAt(0)], [claim]), ['repair db-0']));

  const owners = (whenScaled: string, whenDeleted: string, ordinal: number) => {
    const of = setOf({ replicas: 1, persistentVolumeClaimRetentionPolicy: { whenScaled, whenDeleted } });
    return withRetention(of, podAt(ordinal), claim)?.metadata.ownerReferences?.map(({ kind }) => kind);
  };
  const policies: [string, string, ordinal: number, owner: string[] | undefined][] = [
    ['Retain', 'Retain', 0, undefined],
    ['Retain', 'Delete', 0, ['StatefulSet']],
    ['Delete', 'Retain', 0, undefined],
    ['Delete', 'Retain', 1, ['Pod']],
    ['Delete', 'Delete', 0, ['StatefulSet']],
    ['Delete', 'Delete', 1, ['Pod']],
  ];
  for (const [scaled, deleted, ordinal, owner] of policies)
    test(`scaled ${scaled}, deleted ${deleted}: of pod ${ordinal}`, () =>
      assert.deepEqual(owners(scaled, deleted, ordinal), owner));

  test('a pod waits until the claim of its predecessor is gone', () => {
    const owned = {
      ...claim,
      metadata: { ...claim.metadata, ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'db-0', uid: 'x' }] },
    };
    const deleting = setOf({
      volumeClaimTemplates: claimed,
      persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete' },
    });
    assert.deepEqual(plan(deleting, [], [owned]), []);
  });
});

describe('status', () => {
  const rest = { current: 'old', update: 'new', collisionCount: 0, taken: 0, now: Date.parse(gone.deletionTimestamp) };
  test('counts during an update', () =>
    assert.deepEqual(
      statefulSetStatus({ ...rest, set: setOf(), pods: [...old(['ready', 'ready']), podAt(2, 'running')] }),
      {
        observedGeneration: 2,
        replicas: 3,
        readyReplicas: 2,
        currentReplicas: 2,
        updatedReplicas: 1,
        currentRevision: 'old',
        updateRevision: 'new',
        collisionCount: 0,
        availableReplicas: 2,
      },
    ));
  test('the update revision becomes the current one when all are ready', () => {
    const status = statefulSetStatus({ ...rest, set: setOf(), pods: [podAt(0), podAt(1), podAt(2)] });
    assert.deepEqual([status.currentRevision, status.currentReplicas], ['new', 3]);
  });
});
