import {
  type ClusterRole,
  type ClusterRoleBinding,
  clusterrolebindings,
  clusterroles,
  type Role,
  type RoleBinding,
  rolebindings,
  roles,
} from '@typernetes/api/rbac/v1';
import {
  validateClusterRole,
  validateClusterRoleBinding,
  validateClusterRoleBindingUpdate,
  validateRole,
  validateRoleBinding,
  validateRoleBindingUpdate,
} from '@typernetes/api/validation';
import { serve } from '../serve.ts';
import type { ServedResource } from '../served-resource.ts';
import { accessStrategy } from '../strategies.ts';
import type { Strategy } from '../strategy.ts';
import { bindingPrinter } from './binding-printer.ts';

const roleStrategy: Strategy<Role> = { ...accessStrategy, validate: validateRole, validateUpdate: validateRole };

const clusterRoleStrategy: Strategy<ClusterRole> = {
  ...accessStrategy,
  validate: validateClusterRole,
  validateUpdate: validateClusterRole,
};

const roleBindingStrategy: Strategy<RoleBinding> = {
  ...accessStrategy,
  validate: validateRoleBinding,
  validateUpdate: validateRoleBindingUpdate,
};

const clusterRoleBindingStrategy: Strategy<ClusterRoleBinding> = {
  ...accessStrategy,
  validate: validateClusterRoleBinding,
  validateUpdate: validateClusterRoleBindingUpdate,
};

export const rbacResources: readonly ServedResource[] = [
  serve(clusterrolebindings, { strategy: clusterRoleBindingStrategy, printer: bindingPrinter }),
  serve(clusterroles, { strategy: clusterRoleStrategy }),
  serve(rolebindings, { strategy: roleBindingStrategy, printer: bindingPrinter }),
  serve(roles, { strategy: roleStrategy }),
];
