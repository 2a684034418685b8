import type { ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, Subject } from '@typernetes/api/rbac/v1';
import type { Draft } from '@typernetes/machinery';
import { account, defaultClusterRoleBindings } from './bindings.ts';
import { defaultClusterRoles } from './cluster-roles.ts';
import { controllerRules, gatedControllerRules } from './controller-roles.ts';
import { defaultRoleBindings, defaultRoles } from './namespace-roles.ts';

const apiVersion = 'rbac.authorization.k8s.io/v1';
const apiGroup = 'rbac.authorization.k8s.io';

/** While this annotation of a default object is "true", a starting server restores what was removed from the object. */
export const autoUpdateAnnotation = 'rbac.authorization.kubernetes.io/autoupdate';

/** The roles and bindings that every cluster has, complete as they are created. */
export interface DefaultPolicy {
  readonly clusterRoles: readonly Draft<ClusterRole>[];
  readonly clusterRoleBindings: readonly Draft<ClusterRoleBinding>[];
  readonly roles: readonly Draft<Role>[];
  readonly roleBindings: readonly Draft<RoleBinding>[];
}

/**
 * `gateIsOn` tells which default-off features are on: some bring roles with them. Rules are copied, so that callers may
 * change them.
 */
export function defaultPolicy(gateIsOn: (gate: string) => boolean = () => false): DefaultPolicy {
  const controllers = [
    ...Object.entries(controllerRules),
    ...Object.entries(gatedControllerRules).flatMap(([gate, gated]) => (gateIsOn(gate) ? Object.entries(gated) : [])),
  ];
  const clusterBindings = defaultClusterRoleBindings.filter(({ gate }) => gate === undefined || gateIsOn(gate));
  return {
    clusterRoles: [
      ...defaultClusterRoles(gateIsOn).map(({ metadata, rules, aggregationRule }) =>
        clusterRole(metadata.name, rules ?? [], {
          labels: metadata.labels,
          ...(aggregationRule ? { aggregationRule } : {}),
        }),
      ),
      ...controllers.map(([name, rules]) => clusterRole(`system:controller:${name}`, rules)),
    ],
    clusterRoleBindings: [
      ...clusterBindings.map(({ name, role = name, subjects }) => clusterRoleBinding(name, role, subjects)),
      ...controllers.map(([name]) => {
        const role = `system:controller:${name}`;
        return clusterRoleBinding(role, role, [account(name)]);
      }),
    ],
    roles: defaultRoles.map(({ namespace, name, rules }) => ({
      apiVersion,
      kind: 'Role',
      metadata: { ...metadataOf(name), namespace },
      rules: rules.map(copyRule),
    })),
    roleBindings: defaultRoleBindings.map(({ namespace, name, role, subjects }) => ({
      apiVersion,
      kind: 'RoleBinding',
      metadata: { ...metadataOf(name), namespace },
      roleRef: { apiGroup, kind: 'Role', name: role },
      subjects: [...subjects],
    })),
  };
}

function metadataOf(name: string, labels: Readonly<Record<string, string>> = {}) {
  return {
    name,
    labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults', ...labels },
    annotations: { [autoUpdateAnnotation]: 'true' },
  };
}

function clusterRole(
  name: string,
  rules: readonly PolicyRule[],
  { labels, ...rest }: { labels?: Readonly<Record<string, string>> } & Pick<ClusterRole, 'aggregationRule'> = {},
): Draft<ClusterRole> {
  return { apiVersion, kind: 'ClusterRole', metadata: metadataOf(name, labels), rules: rules.map(copyRule), ...rest };
}

function clusterRoleBinding(name: string, role: string, subjects: readonly Subject[]): Draft<ClusterRoleBinding> {
  const roleRef = { apiGroup, kind: 'ClusterRole', name: role };
  return { apiVersion, kind: 'ClusterRoleBinding', metadata: metadataOf(name), roleRef, subjects: [...subjects] };
}

function copyRule(rule: PolicyRule): PolicyRule {
  return structuredClone(rule);
}
