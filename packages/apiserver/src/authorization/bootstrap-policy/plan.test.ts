import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClusterRole, ClusterRoleBinding } from '@typernetes/api/rbac/v1';
import { defaultPolicy } from './default-objects.ts';
import { planBinding, planRole } from './plan.ts';

const policy = defaultPolicy();
const named = <T extends { metadata: { name?: string } }>(all: readonly T[], name: string): T => {
  const found = all.find((one) => one.metadata.name === name);
  assert.ok(found, name);
  return structuredClone(found);
};
const scheduler = (): ClusterRole => named(policy.clusterRoles, 'system:kube-scheduler') as ClusterRole;
const admins = (): ClusterRoleBinding => named(policy.clusterRoleBindings, 'cluster-admin') as ClusterRoleBinding;

test('every binding of the default policy binds a role of the default policy, and no name appears twice', () => {
  const clusterRoles = new Set(policy.clusterRoles.map((role) => role.metadata.name));
  for (const { roleRef } of policy.clusterRoleBindings) assert.ok(clusterRoles.has(roleRef.name), roleRef.name);
  const roles = new Set(policy.roles.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`));
  for (const { metadata, roleRef } of policy.roleBindings)
    assert.ok(roles.has(`${metadata.namespace}/${roleRef.name}`));
  assert.equal(clusterRoles.size, policy.clusterRoles.length);
});

test('leaves complete objects alone, and keeps additions', () => {
  assert.equal(planRole(scheduler(), scheduler()), undefined);
  const extended = scheduler();
  extended.rules?.push({ apiGroups: ['acme.io'], resources: ['widgets'], verbs: ['get'] });
  assert.equal(planRole(extended, scheduler()), undefined);
  const more: ClusterRoleBinding = {
    ...admins(),
    subjects: [...(admins().subjects ?? []), { kind: 'User', name: 'jane' }],
  };
  assert.equal(planBinding(more, admins()), undefined);
});

test('restores what was removed, unless automatic updates are disabled', () => {
  const poorer = scheduler();
  const lost = poorer.rules?.shift();
  const repaired = planRole(poorer, scheduler());
  assert.deepEqual(repaired?.action === 'update' && repaired.object.rules?.at(-1), lost);
  const own = {
    ...poorer,
    metadata: { ...poorer.metadata, annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'false' } },
  };
  assert.equal(planRole(own, scheduler()), undefined);
  const nobody: ClusterRoleBinding = { ...admins(), subjects: [] };
  const empty = planBinding(nobody, admins());
  assert.deepEqual(empty?.action === 'update' && empty.object.subjects, admins().subjects);
  const elsewhere = { ...admins(), roleRef: { ...admins().roleRef, name: 'view' } };
  assert.deepEqual(planBinding(elsewhere, admins()), { action: 'replace' });
});
