import type { ClusterRoleBinding, RoleBinding } from '@typernetes/api/rbac/v1';
import type { Describer } from './describer.ts';
import { describeMetadata } from './metadata.ts';

export const describeRoleBinding: Describer<RoleBinding | ClusterRoleBinding> = async (binding, text) => {
  describeMetadata(text, binding.metadata, { namespaced: false });
  text.line(0, 'Role:');
  text.line(1, 'Kind:', binding.roleRef.kind);
  text.line(1, 'Name:', binding.roleRef.name);
  text.line(0, 'Subjects:');
  text.line(1, 'Kind', 'Name', 'Namespace');
  text.line(1, '----', '----', '---------');
  for (const { kind, name, namespace = '' } of binding.subjects ?? []) text.line(1, kind, name, namespace);
};
