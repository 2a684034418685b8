import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from '@typernetes/api/rbac/v1';
import { checkBindingWrite, checkRoleWrite, type EscalationDeps } from '../../authorization/escalation.ts';
import type { AdmissionPlugin } from '../admission-plugin.ts';
import { targetOf } from '../request-target.ts';

const group = 'rbac.authorization.k8s.io';
const roleTargets: readonly string[] = [`roles.${group}`, `clusterroles.${group}`];
const bindingTargets: readonly string[] = [`rolebindings.${group}`, `clusterrolebindings.${group}`];
const targets: ReadonlySet<string> = new Set([...roleTargets, ...bindingTargets]);

/**
 * Prevents users from granting permissions that they do not have. Upstream checks this in the storage of roles, not in
 * a plugin that could be disabled: so it always runs with RBAC, and no flag names it.
 */
export function roleEscalation(deps: EscalationDeps): AdmissionPlugin {
  return {
    name: 'RoleEscalation',
    concerns: (request) =>
      (request.operation === 'CREATE' || request.operation === 'UPDATE') && targets.has(targetOf(request)),
    validate: async (request) => {
      if (roleTargets.includes(targetOf(request))) {
        const old = request.oldObject as Role | ClusterRole | undefined;
        await checkRoleWrite(request.user, request.object as Role | ClusterRole, { ...deps, ...(old ? { old } : {}) });
      } else {
        const old = request.oldObject as RoleBinding | ClusterRoleBinding | undefined;
        const binding = request.object as RoleBinding | ClusterRoleBinding;
        await checkBindingWrite(request.user, binding, { ...deps, ...(old ? { old } : {}) });
      }
    },
  };
}
