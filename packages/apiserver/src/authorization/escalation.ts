import type { ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding } from '@typernetes/api/rbac/v1';
import { forbidden, notFound } from '@typernetes/machinery';
import { privilegedGroup } from '../identity/groups.ts';
import type { UserInfo } from '../identity/user-info.ts';
import type { Authorize } from './authorizer.ts';
import { grantsOf, type RbacReads, rulesOfRole } from './rbac.ts';
import { compactRules, ruleText, uncoveredRules } from './rules.ts';

const group = 'rbac.authorization.k8s.io';

export interface EscalationDeps {
  readonly reads: RbacReads;
  readonly authorize: Authorize;
}

/**
 * Checks that a user who writes a role has every permission in it, or may `escalate` it. Call it with the new state
 * (including aggregated roles) and, for updates, the stored one. Throws Forbidden.
 */
export async function checkRoleWrite(
  user: UserInfo,
  role: Role | ClusterRole,
  options: EscalationDeps & { readonly old?: Role | ClusterRole },
): Promise<void> {
  const namespace = role.metadata.namespace ?? '';
  const plural = namespace ? 'roles' : 'clusterroles';
  const { old } = options;
  if (old && sameJson(old.rules, role.rules) && sameJson(aggregationOf(old), aggregationOf(role))) return;
  if (await mayDo(user, { verb: 'escalate', plural, namespace, name: role.metadata.name }, options)) return;
  // Aggregation can add any rule later, so it takes all permissions.
  const changesAggregation = aggregationOf(role) && !sameJson(old && aggregationOf(old), aggregationOf(role));
  const wanted = changesAggregation ? [...everything, ...(role.rules ?? [])] : (role.rules ?? []);
  confirmHeld(user, wanted, { plural, namespace, name: role.metadata.name, reads: options.reads });
}

/** Checks that a user who writes a binding holds every rule of the bound role, or may `bind` it. Throws Forbidden, or NotFound for the role. */
export async function checkBindingWrite(
  user: UserInfo,
  binding: RoleBinding | ClusterRoleBinding,
  options: EscalationDeps & { readonly old?: RoleBinding | ClusterRoleBinding },
): Promise<void> {
  const { old, reads } = options;
  if (old && sameJson(old.roleRef, binding.roleRef) && sameJson(old.subjects, binding.subjects)) return;
  const namespace = binding.metadata.namespace ?? '';
  const { kind, name } = binding.roleRef;
  const rolePlural = kind === 'Role' ? 'roles' : 'clusterroles';
  if (await mayDo(user, { verb: 'bind', plural: rolePlural, namespace, name }, options)) return;
  const rules = rulesOfRole(binding.roleRef, namespace, reads);
  if (!rules) throw notFound({ group, plural: rolePlural }, name);
  const plural = namespace ? 'rolebindings' : 'clusterrolebindings';
  confirmHeld(user, rules, { plural, namespace, name: binding.metadata.name, reads });
}

const everything: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

async function mayDo(
  user: UserInfo,
  what: { verb: string; plural: string; namespace: string; name: string },
  { authorize }: EscalationDeps,
): Promise<boolean> {
  if (user.groups.includes(privilegedGroup)) return true;
  const { verb, plural: resource, namespace, name } = what;
  const scope = { apiGroup: group, apiVersion: '*', subresource: '', path: '', isResourceRequest: true };
  const decision = await authorize({ ...scope, user, verb, resource, namespace, name });
  return decision.verdict === 'allow';
}

function confirmHeld(
  user: UserInfo,
  wanted: readonly PolicyRule[],
  of: { plural: string; namespace: string; name: string; reads: RbacReads },
): void {
  const held: PolicyRule[] = [];
  const problems: string[] = [];
  for (const grant of grantsOf(user, of.namespace, of.reads)) {
    if ('rule' in grant) held.push(grant.rule);
    else problems.push(grant.problem);
  }
  const missing = compactRules(uncoveredRules(held, wanted));
  if (missing.length === 0) return;
  const groups = `[${user.groups.map((one) => JSON.stringify(one)).join(' ')}]`;
  const why =
    `user ${JSON.stringify(user.username)} (groups=${groups}) is attempting to grant RBAC permissions not currently held:\n` +
    missing.map(ruleText).sort().join('\n') +
    (problems.length > 0 ? `; resolution errors: [${problems.join(', ')}]` : '');
  throw forbidden({ group, plural: of.plural }, of.name, why);
}

function aggregationOf(role: Role | ClusterRole): ClusterRole['aggregationRule'] {
  return 'aggregationRule' in role ? role.aggregationRule : undefined;
}

function sameJson(a: unknown, b: unknown): boolean {
  return JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
}
