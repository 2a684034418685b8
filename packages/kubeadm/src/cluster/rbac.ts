import {
  clusterrolebindings,
  clusterroles,
  type PolicyRule,
  rolebindings,
  roles,
  type Subject,
} from '@typernetes/api/rbac/v1';
import type { ApiClient } from '@typernetes/client';
import { ensure } from './ensure.ts';

export const bootstrappersGroup = 'system:bootstrappers:kubeadm:default-node-token';
export const nodesGroup = 'system:nodes';

const rbacGroup = 'rbac.authorization.k8s.io';
export const group = (name: string): Subject => ({ apiGroup: rbacGroup, kind: 'Group', name });
export const user = (name: string): Subject => ({ apiGroup: rbacGroup, kind: 'User', name });
export const serviceAccount = (name: string): Subject => ({ kind: 'ServiceAccount', name, namespace: 'kube-system' });

/** A Role and the RoleBinding of the same name. */
export async function grantInNamespace(
  client: Pick<ApiClient, 'resource'>,
  grant: { name: string; namespace: string; rules: PolicyRule[]; subjects: Subject[] },
): Promise<void> {
  const { name, namespace, rules, subjects } = grant;
  await ensure(client, roles, { metadata: { name, namespace }, rules });
  await ensure(client, rolebindings, {
    metadata: { name, namespace },
    roleRef: { apiGroup: rbacGroup, kind: 'Role', name },
    subjects,
  });
}

/** A ClusterRoleBinding; with `rules` the ClusterRole as well. */
export async function grantInCluster(
  client: Pick<ApiClient, 'resource'>,
  grant: { name: string; role: string; rules?: PolicyRule[]; subjects: Subject[] },
): Promise<void> {
  const { name, role, rules, subjects } = grant;
  if (rules) await ensure(client, clusterroles, { metadata: { name: role }, rules });
  await ensure(client, clusterrolebindings, {
    metadata: { name },
    roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name: role },
    subjects,
  });
}
