import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pods, type ResourceQuota, resourcequotas, secrets, services } from '@typernetes/api/core/v1';
import { conflict } from '@typernetes/machinery';
import { admissionRequest, runPlugin } from '../../testing/admission-request.ts';
import { resourceQuota } from '../plugins/resource-quota.ts';
import type { ChargerDeps } from './charger.ts';

const quotaOf = (name: string, hard: Record<string, string>, used: Record<string, string>, spec: object = {}) =>
  ({
    metadata: { name, namespace: 'default', resourceVersion: '1', uid: name },
    spec: { hard, ...spec },
    status: { hard, used },
  }) as unknown as ResourceQuota;

/** Quotas in a store that refuses old revisions; `disturb` changes them behind the server's back. */
function keep(initial: readonly ResourceQuota[], options: { limited?: ChargerDeps['limited'] } = {}) {
  const stored = new Map(initial.map((quota) => [quota.metadata.name, quota]));
  const state = { writes: 0, disturb: (_name: string): void => {} };
  const plugin = resourceQuota({
    quotas: { inNamespace: () => [...stored.values()] },
    writeStatus: async (quota) => {
      await Promise.resolve();
      const { name } = quota.metadata;
      state.disturb(name);
      const current = stored.get(name)!;
      if (current.metadata.resourceVersion !== quota.metadata.resourceVersion) throw conflict(resourcequotas, name);
      const written = bump(quota);
      stored.set(name, written);
      state.writes++;
      return written;
    },
    limited: options.limited ?? [],
    now: () => 0,
  });
  const used = (name: string): Record<string, string> | undefined => stored.get(name)?.status?.used;
  const put = (quota: ResourceQuota): void => void stored.set(quota.metadata.name, bump(quota));
  return { plugin, state, used, put, get: (name: string) => stored.get(name)! };
}

const bump = (quota: ResourceQuota): ResourceQuota => ({
  ...quota,
  metadata: { ...quota.metadata, resourceVersion: String(Number(quota.metadata.resourceVersion) + 1) },
});

const pod = (cpu: string, name = 'web') => ({
  metadata: { name },
  spec: { containers: [{ name: 'c', resources: { requests: { cpu } } }] },
});

test("charges writes that fit, and refuses others in upstream's words", async () => {
  const { plugin, used } = keep([
    quotaOf('compute', { pods: '3', 'requests.cpu': '1' }, { pods: '1', 'requests.cpu': '250m' }),
  ]);
  await runPlugin(plugin, admissionRequest(pods, { object: pod('500m') }));
  assert.deepEqual(used('compute'), { pods: '2', 'requests.cpu': '750m' });
  await assert.rejects(runPlugin(plugin, admissionRequest(pods, { object: pod('500m') })), {
    message:
      'pods "web" is forbidden: exceeded quota: compute, requested: requests.cpu=500m, used: requests.cpu=750m, limited: requests.cpu=1',
  });
  await assert.rejects(
    runPlugin(
      plugin,
      admissionRequest(pods, { object: { metadata: { name: 'x' }, spec: { containers: [{ name: 'c' }] } } }),
    ),
    /failed quota: compute: must specify requests.cpu for: c/,
  );
  assert.deepEqual(used('compute'), { pods: '2', 'requests.cpu': '750m' });
});

test('refuses when the usage is still unknown', async () => {
  const { plugin } = keep([quotaOf('q', { secrets: '3' }, {})]);
  await assert.rejects(
    runPlugin(plugin, admissionRequest(secrets, { object: { metadata: { name: 's' } } })),
    /status unknown for quota: q, resources: secrets/,
  );
});

test('charges waiting writes together in one write', async () => {
  const { plugin, state, used } = keep([quotaOf('q', { pods: '10' }, { pods: '0' })]);
  const results = await Promise.allSettled(
    Array.from({ length: 12 }, (_, i) => runPlugin(plugin, admissionRequest(pods, { object: pod('1', `p${i}`) }))),
  );
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 10);
  assert.deepEqual(used('q'), { pods: '10' });
  assert.equal(state.writes, 2);
});

test('a conflicting write to the quota causes a retry, not a double charge', async () => {
  const { plugin, state, used, put, get } = keep([
    quotaOf('a', { pods: '5' }, { pods: '0' }),
    quotaOf('b', { 'count/pods': '2' }, { 'count/pods': '0' }),
  ]);
  let disturbed = false;
  state.disturb = (name) => {
    if (name !== 'b' || disturbed) return;
    disturbed = true;
    put({ ...get('b'), status: { ...get('b').status, used: { 'count/pods': '1' } } });
  };
  await runPlugin(plugin, admissionRequest(pods, { object: pod('1') }));
  assert.deepEqual([used('a'), used('b')], [{ pods: '1' }, { 'count/pods': '2' }]);
});

test('updates are charged for the increase, dry runs for nothing', async () => {
  const service = (type: string) => ({ metadata: { name: 's' }, spec: { type, ports: [{ port: 80 }] } });
  const { plugin, used } = keep([
    quotaOf('q', { services: '1', 'services.nodeports': '1' }, { services: '1', 'services.nodeports': '0' }),
  ]);
  const update = { operation: 'UPDATE' as const, object: service('NodePort'), oldObject: service('ClusterIP') };
  await runPlugin(plugin, { ...admissionRequest(services, update), dryRun: true });
  assert.deepEqual(used('q'), { services: '1', 'services.nodeports': '0' });
  await runPlugin(plugin, admissionRequest(services, update));
  assert.deepEqual(used('q'), { services: '1', 'services.nodeports': '1' });
});

test('the configuration may demand a quota', async () => {
  const limited = [{ apiGroup: '', resource: 'pods', matchContains: ['requests.cpu'] }];
  const { plugin } = keep([quotaOf('q', { pods: '9' }, { pods: '0' })], { limited });
  await assert.rejects(
    runPlugin(plugin, admissionRequest(pods, { object: pod('1') })),
    /insufficient quota to consume: requests.cpu/,
  );
  const priority = keep([], {
    limited: [
      {
        apiGroup: '',
        resource: 'pods',
        matchScopes: [{ scopeName: 'PriorityClass', operator: 'In', values: ['high'] }],
      },
    ] as never,
  });
  const high = { ...pod('1'), spec: { ...pod('1').spec, priorityClassName: 'high' } };
  await assert.rejects(
    runPlugin(priority.plugin, admissionRequest(pods, { object: high })),
    /insufficient quota to match these scopes: \[\{PriorityClass In \[high\]\}\]/,
  );
  await runPlugin(priority.plugin, admissionRequest(pods, { object: pod('1') }));
});
