import type { ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, Subject } from '@typernetes/api/rbac/v1';
import { aggregateText } from '@typernetes/base';
import type { Informer, Lister } from '@typernetes/client';
import { selectorFromObject } from '@typernetes/machinery';
import { splitServiceAccountUsername } from '../identity/groups.ts';
import type { UserInfo } from '../identity/user-info.ts';
import type { Authorizer } from './authorizer.ts';
import { ruleAllows } from './rules.ts';

/** Indexes bindings by subject: one look-up per name and group of the user, however many bindings there are. */
const subjectIndex = 'rbac-subject';

/** The sources of roles and bindings. The bindings' listers have {@link subjectIndex}. */
export interface RbacReads {
  readonly roles: Pick<Lister<Role>, 'get'>;
  readonly clusterRoles: Pick<Lister<ClusterRole>, 'get' | 'list'>;
  readonly roleBindings: Pick<Lister<RoleBinding>, 'byIndex'>;
  readonly clusterRoleBindings: Pick<Lister<ClusterRoleBinding>, 'byIndex'>;
}

/** Prepares the informers of both kinds of bindings; call before they start. */
export function addSubjectIndexes(
  roleBindings: Pick<Informer<RoleBinding>, 'addIndex'>,
  clusterRoleBindings: Pick<Informer<ClusterRoleBinding>, 'addIndex'>,
): void {
  roleBindings.addIndex(subjectIndex, subjectKeys);
  clusterRoleBindings.addIndex(subjectIndex, subjectKeys);
}

/** The index values of a binding: each of its subjects, within the binding's namespace. */
export function subjectKeys(binding: RoleBinding | ClusterRoleBinding): string[] {
  const namespace = binding.metadata.namespace ?? '';
  return (binding.subjects ?? []).map((subject) => subjectKey(namespace, subject));
}

function subjectKey(bindingNamespace: string, { kind, name, namespace }: Subject): string {
  const subject = kind === 'ServiceAccount' ? `${namespace || bindingNamespace}/${name}` : name;
  return `${bindingNamespace}|${kind}|${subject}`;
}

/** A rule and the binding that grants it; or the reason why a binding grants nothing. */
type Grant = ({ readonly rule: PolicyRule; readonly via: () => string } | { readonly problem: string }) & {
  readonly binding: RoleBinding | ClusterRoleBinding;
  readonly subject: Subject;
};

/** All rules of a user in a namespace ("" for cluster scope), cluster-wide ones first. */
export function* grantsOf(user: UserInfo, namespace: string, reads: RbacReads): Generator<Grant> {
  for (const subject of subjectsOf(user)) {
    for (const binding of reads.clusterRoleBindings.byIndex(subjectIndex, subjectKey('', subject))) {
      yield* grantsOfBinding(binding, subject, reads);
    }
  }
  if (namespace === '') return;
  for (const subject of subjectsOf(user)) {
    for (const binding of reads.roleBindings.byIndex(subjectIndex, subjectKey(namespace, subject))) {
      yield* grantsOfBinding(binding, subject, reads);
    }
  }
}

function subjectsOf(user: UserInfo): Subject[] {
  const account = splitServiceAccountUsername(user.username);
  return [
    { kind: 'User', name: user.username },
    ...(account ? [{ kind: 'ServiceAccount', ...account }] : []),
    ...user.groups.map((name) => ({ kind: 'Group', name })),
  ];
}

function* grantsOfBinding(
  binding: RoleBinding | ClusterRoleBinding,
  subject: Subject,
  reads: RbacReads,
): Generator<Grant> {
  const rules = rulesOfRole(binding.roleRef, binding.metadata.namespace ?? '', reads);
  if (!rules) {
    const plural = binding.roleRef.kind === 'Role' ? 'role' : 'clusterrole';
    const problem = `${plural}.rbac.authorization.k8s.io ${JSON.stringify(binding.roleRef.name)} not found`;
    yield { problem, binding, subject };
    return;
  }
  const via = (): string => describe(binding, subject);
  for (const rule of rules) yield { rule, via, binding, subject };
}

/** The rules of a role that a binding in `namespace` refers to; undefined when there is no such role. */
export function rulesOfRole(
  ref: { readonly kind: string; readonly name: string },
  namespace: string,
  reads: Pick<RbacReads, 'roles' | 'clusterRoles'>,
): readonly PolicyRule[] | undefined {
  if (ref.kind === 'Role') {
    const role = reads.roles.get(`${namespace}/${ref.name}`);
    return role && (role.rules ?? []);
  }
  const role = reads.clusterRoles.get(ref.name);
  if (!role) return undefined;
  return role.aggregationRule ? aggregatedRules(role, reads.clusterRoles.list()) : (role.rules ?? []);
}

/**
 * The rules of an aggregated cluster role: those of all roles that match its selectors, which may be aggregated
 * themselves. Its own `rules` are only a copy for readers, so that this is up to date as soon as a role was added.
 */
function aggregatedRules(
  role: ClusterRole,
  all: readonly ClusterRole[],
  seen: ReadonlySet<string> = new Set(),
): PolicyRule[] {
  const path = new Set([...seen, role.metadata.name]);
  const selectors = (role.aggregationRule?.clusterRoleSelectors ?? []).map(selectorFromObject);
  return all
    .filter((other) => !path.has(other.metadata.name))
    .filter((other) => selectors.some((selector) => selector.matches(other.metadata.labels ?? {})))
    .flatMap((other) => (other.aggregationRule ? aggregatedRules(other, all, path) : (other.rules ?? [])));
}

function describe(binding: RoleBinding | ClusterRoleBinding, subject: Subject): string {
  const { name, namespace } = binding.metadata;
  const own = namespace ? `RoleBinding "${name}/${namespace}"` : `ClusterRoleBinding "${name}"`;
  const role = `${binding.roleRef.kind} "${binding.roleRef.name}"`;
  const who = subject.kind === 'ServiceAccount' ? `"${subject.name}/${subject.namespace}"` : `"${subject.name}"`;
  return `${own} of ${role} to ${subject.kind} ${who}`;
}

/** `--authorization-mode=RBAC` */
export function rbacAuthorizer(reads: RbacReads): Authorizer {
  return {
    name: 'RBAC',
    authorize: (access) => {
      const problems: string[] = [];
      for (const grant of grantsOf(access.user, access.isResourceRequest ? access.namespace : '', reads)) {
        if ('problem' in grant) problems.push(grant.problem);
        else if (ruleAllows(grant.rule, access)) return { verdict: 'allow', reason: `RBAC: allowed by ${grant.via()}` };
      }
      if (problems.length === 0) return { verdict: 'no-opinion', reason: '' };
      return { verdict: 'no-opinion', reason: `RBAC: ${aggregateText(problems)}` };
    },
  };
}
