import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '@typernetes/api/core/v1';
import { planDrain } from './doomed-pods.ts';

const pod = (
  name: string,
  more: { owner?: string; group?: string; emptyDir?: boolean; phase?: string; mirror?: boolean } = {},
): Pod =>
  ({
    metadata: {
      name,
      namespace: 'default',
      ...(more.owner
        ? {
            ownerReferences: [
              { apiVersion: more.group ?? 'apps/v1', kind: more.owner, name: 'owner', controller: true },
            ],
          }
        : {}),
      ...(more.mirror ? { annotations: { 'kubernetes.io/config.mirror': 'x' } } : {}),
    },
    spec: { containers: [], ...(more.emptyDir ? { volumes: [{ name: 'v', emptyDir: {} }] } : {}) },
    status: { phase: more.phase ?? 'Running' },
  }) as unknown as Pod;

const strict = { force: false, ignoreDaemonSets: false, deleteEmptyDirData: false, skipWaitForDeleteTimeout: 0 };
const there = { now: 0, daemonSetExists: () => true };
const names = (pods: readonly Pod[]): string[] => pods.map(({ metadata }) => metadata.name);

test('pods of workloads go; mirror pods stay without a word', () => {
  const plan = planDrain([pod('a', { owner: 'ReplicaSet' }), pod('static', { mirror: true })], strict, there);
  assert.deepEqual([names(plan.pods), plan.refusals, plan.warnings], [['a'], [], []]);
});

test('what would be lost needs leave, and each reason is told once', () => {
  const pods = [
    pod('bare'),
    pod('bare-2'),
    pod('agent', { owner: 'DaemonSet' }),
    pod('cache', { owner: 'ReplicaSet', emptyDir: true }),
    pod('done', { phase: 'Succeeded', emptyDir: true }),
  ];
  const refused = planDrain(pods, strict, there);
  assert.deepEqual(names(refused.pods), ['done']);
  assert.deepEqual(refused.refusals, [
    'cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore): default/agent',
    'cannot delete Pods with local storage (use --delete-emptydir-data to override): default/cache',
    'cannot delete cannot delete Pods that declare no controller (use --force to override): default/bare, default/bare-2',
  ]);
  const allowed = { ...strict, force: true, ignoreDaemonSets: true, deleteEmptyDirData: true };
  const plan = planDrain(pods, allowed, there);
  assert.deepEqual(names(plan.pods), ['bare', 'bare-2', 'cache', 'done']);
  assert.deepEqual(plan.refusals, []);
  // What a later judge has nothing to say of is forgotten.
  assert.deepEqual(plan.warnings, [
    'deleting Pods that declare no controller: default/bare, default/bare-2',
    'ignoring DaemonSet-managed Pods: default/agent',
  ]);
});

test('pods of a DaemonSet that is gone go only by force', () => {
  const gone = { now: 0, daemonSetExists: () => false };
  const pods = [pod('agent', { owner: 'DaemonSet' })];
  assert.deepEqual(planDrain(pods, strict, gone).refusals, [
    'cannot delete daemonsets.apps "owner" not found: default/agent',
  ]);
  assert.deepEqual(names(planDrain(pods, { ...strict, force: true }, gone).pods), ['agent']);
  const foreign = [pod('agent', { owner: 'DaemonSet', group: 'example.com/v1' })];
  assert.deepEqual(names(planDrain(foreign, strict, gone).pods), ['agent']);
});
