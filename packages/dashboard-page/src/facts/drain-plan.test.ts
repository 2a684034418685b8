import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '@typernetes/api/core/v1';
import { planDrain } from './drain-plan.ts';

const pod = (
  name: string,
  owner: string,
  more: { volumes?: object[]; phase?: string; annotations?: object } = {},
): Pod =>
  ({
    metadata: {
      name,
      annotations: more.annotations,
      ...(owner === '' ? {} : { ownerReferences: [{ kind: owner, controller: true }] }),
    },
    spec: { volumes: more.volumes },
    status: { phase: more.phase ?? 'Running' },
  }) as unknown as Pod;

test('a drain takes what is made anew elsewhere, and asks before it takes what is lost', () => {
  const data = { volumes: [{ name: 'd', emptyDir: {} }] };
  const plan = planDrain([
    pod('web', 'ReplicaSet'),
    pod('cache', 'ReplicaSet', data),
    pod('cache-done', 'Job', { ...data, phase: 'Succeeded' }),
    pod('bare', ''),
    pod('bare-done', '', { phase: 'Failed' }),
    pod('proxy', 'DaemonSet', data),
    pod('proxy-failed', 'DaemonSet', { phase: 'Failed' }),
    pod('apiserver', 'Node', { annotations: { 'kubernetes.io/config.mirror': 'x' } }),
  ]);
  const names = Object.fromEntries(
    Object.entries(plan).map(([what, pods]) => [what, pods.map((one: Pod) => one.metadata.name)]),
  );
  assert.deepEqual(names, {
    evict: ['web', 'cache-done', 'bare-done', 'proxy-failed'],
    unmanaged: ['bare'],
    withData: ['cache'],
    stay: ['proxy', 'apiserver'],
  });
});
