import {
  type FieldProblem,
  invalidValue,
  jsonEqual,
  requiredValue,
  subdomainProblems,
  unsupportedValue,
} from '@typernetes/machinery';
import { type Problems, required, wellFormed } from '../meta/field-checks.ts';
import { labelSelectorProblems } from '../meta/labels-validation.ts';
import type { ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, Subject } from './v1.gen.ts';

const rbacGroup = 'rbac.authorization.k8s.io';

export function validateRole({ rules }: Role): FieldProblem[] {
  return [...rulesProblems(rules, { namespaced: true })];
}

export function validateClusterRole({ rules, aggregationRule }: ClusterRole): FieldProblem[] {
  return [...rulesProblems(rules, { namespaced: false }), ...aggregationProblems(aggregationRule)];
}

function* aggregationProblems(rule: ClusterRole['aggregationRule']): Problems {
  if (!rule) return;
  const path = 'aggregationRule.clusterRoleSelectors';
  if (!rule.clusterRoleSelectors?.length)
    yield requiredValue(path, 'at least one clusterRoleSelector required if aggregationRule is non-nil');
  for (const [i, selector] of (rule.clusterRoleSelectors ?? []).entries()) {
    const problems = [...labelSelectorProblems(selector, `${path}[${i}]`)];
    yield* problems;
    // Upstream also parses it as a selector.
    if (problems.length > 0) yield invalidValue(`${path}[${i}]`, selector, 'invalid label selector.');
  }
}

function* rulesProblems(rules: readonly PolicyRule[] | null | undefined, options: { namespaced: boolean }): Problems {
  for (const [i, { verbs, apiGroups, resources, nonResourceURLs }] of (rules ?? []).entries()) {
    const path = `rules[${i}]`;
    if (!verbs?.length) yield requiredValue(`${path}.verbs`, 'verbs must contain at least one value');
    if (nonResourceURLs?.length) {
      const at = `${path}.nonResourceURLs`;
      if (options.namespaced) {
        yield invalidValue(at, nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs');
      }
      if (apiGroups?.length || resources?.length) {
        yield invalidValue(at, nonResourceURLs, 'rules cannot apply to both regular resources and non-resource URLs');
      }
      continue;
    }
    if (!apiGroups?.length) {
      yield requiredValue(`${path}.apiGroups`, 'resource rules must supply at least one api group');
    }
    if (!resources?.length) {
      yield requiredValue(`${path}.resources`, 'resource rules must supply at least one resource');
    }
  }
}

export function validateRoleBinding(binding: RoleBinding): FieldProblem[] {
  return [...bindingProblems(binding, { kinds: ['Role', 'ClusterRole'], namespaced: true })];
}

export function validateClusterRoleBinding(binding: ClusterRoleBinding): FieldProblem[] {
  return [...bindingProblems(binding, { kinds: ['ClusterRole'], namespaced: false })];
}

interface BindingScope {
  readonly kinds: readonly string[];
  readonly namespaced: boolean;
}

type Binding = Pick<RoleBinding, 'roleRef' | 'subjects'>;

function* bindingProblems({ roleRef, subjects }: Binding, { kinds, namespaced }: BindingScope): Problems {
  if (roleRef.apiGroup !== rbacGroup) yield unsupportedValue('roleRef.apiGroup', roleRef.apiGroup, [rbacGroup]);
  if (!kinds.includes(roleRef.kind)) yield unsupportedValue('roleRef.kind', roleRef.kind, kinds);
  yield* required(roleRef.name, 'roleRef.name');
  for (const [i, subject] of (subjects ?? []).entries()) {
    yield* subjectProblems(subject, { at: `subjects[${i}]`, namespaced });
  }
}

function* subjectProblems(subject: Subject, { at, namespaced }: { at: string; namespaced: boolean }): Problems {
  const { kind, apiGroup = '', name, namespace } = subject;
  yield* required(name, `${at}.name`);
  if (kind === 'ServiceAccount') {
    yield* wellFormed(name, { at: `${at}.name`, by: subdomainProblems });
    if (apiGroup !== '') yield unsupportedValue(`${at}.apiGroup`, apiGroup, ['']);
    if (!namespaced && !namespace) yield requiredValue(`${at}.namespace`);
  } else if (kind === 'User' || kind === 'Group') {
    if (apiGroup !== rbacGroup) yield unsupportedValue(`${at}.apiGroup`, apiGroup, [rbacGroup]);
  } else yield unsupportedValue(`${at}.kind`, kind, ['ServiceAccount', 'User', 'Group']);
}

export function validateRoleBindingUpdate(next: RoleBinding, current: RoleBinding): FieldProblem[] {
  return [...validateRoleBinding(next), ...roleRefProblems(next, current)];
}

export function validateClusterRoleBindingUpdate(
  next: ClusterRoleBinding,
  current: ClusterRoleBinding,
): FieldProblem[] {
  return [...validateClusterRoleBinding(next), ...roleRefProblems(next, current)];
}

/** The subjects of a binding may change, the role may not. */
function* roleRefProblems(next: Binding, current: Binding): Problems {
  if (!jsonEqual(next.roleRef, current.roleRef)) yield invalidValue('roleRef', next.roleRef, 'cannot change roleRef');
}
