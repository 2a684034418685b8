import type { RoleBinding } from './v1.gen.ts';

const rbacGroup = 'rbac.authorization.k8s.io';

/**
 * Defaults of RoleBinding and ClusterRoleBinding. Users and groups belong to the RBAC API group, service accounts to
 * the core group.
 */
export function defaultBinding(binding: Pick<RoleBinding, 'roleRef' | 'subjects'>): void {
  if (binding.roleRef) binding.roleRef.apiGroup ||= rbacGroup;
  for (const subject of binding.subjects ?? []) {
    if (!subject.apiGroup && (subject.kind === 'User' || subject.kind === 'Group')) subject.apiGroup = rbacGroup;
  }
}
