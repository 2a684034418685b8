import {
  duplicateValue,
  type FieldProblem,
  forbiddenValue,
  invalidValue,
  jsonEqual,
  labelNameProblems,
  requiredValue,
  subdomainProblems,
  unsupportedValue,
} from '@typernetes/machinery';
import { oneOf, type Problems, wellFormed } from '../meta/field-checks.ts';
import { mandatoryFlowSchemas } from './mandatory-configuration.ts';
import type {
  FlowSchema,
  FlowSchemaSpec,
  FlowSchemaStatus,
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
  Subject,
} from './v1.gen.ts';

const maxPrecedence = 10_000;
const verbs = ['*', 'create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch'];

export function validateFlowSchema(schema: FlowSchema): FieldProblem[] {
  const { metadata, spec, status } = schema;
  const problems = [...specProblems(spec, metadata.name)];
  const fixed = Object.hasOwn(mandatoryFlowSchemas, metadata.name) ? mandatoryFlowSchemas[metadata.name] : undefined;
  if (fixed && !jsonEqual(fixed, spec)) {
    problems.push(invalidValue('spec', spec, `spec of '${metadata.name}' must equal the fixed value`));
  }
  return [...problems, ...conditionProblems(status, 'status')];
}

export function validateFlowSchemaStatus({ status }: FlowSchema): FieldProblem[] {
  return [...conditionProblems(status, 'status')];
}

/** Shared with priority levels: each type of condition at most once. */
export function* conditionProblems(status: FlowSchemaStatus | undefined, path: string): Problems {
  const seen = new Set<string>();
  for (const [i, { type = '' }] of (status?.conditions ?? []).entries()) {
    const at = `${path}.conditions[${i}].type`;
    if (seen.has(type)) yield duplicateValue(at, type);
    seen.add(type);
    if (type === '') yield requiredValue(at);
  }
}

function* specProblems(spec: FlowSchemaSpec, name: string): Problems {
  const precedence = spec.matchingPrecedence ?? 0;
  const at = 'spec.matchingPrecedence';
  if (precedence <= 0) yield invalidValue(at, precedence, 'must be a positive value');
  if (precedence > maxPrecedence) yield invalidValue(at, precedence, `must not be greater than ${maxPrecedence}`);
  if (precedence === 1 && name !== 'exempt') {
    yield invalidValue(at, precedence, "only the schema named 'exempt' may have matchingPrecedence 1");
  }
  if (spec.distinguisherMethod) {
    yield* oneOf(spec.distinguisherMethod.type || ' ', {
      at: 'spec.distinguisherMethod.type',
      of: ['ByNamespace', 'ByUser'],
    });
  }
  const level = 'spec.priorityLevelConfiguration.name';
  const levelName = spec.priorityLevelConfiguration.name;
  if (levelName) yield* wellFormed(levelName, { at: level, by: subdomainProblems });
  else yield requiredValue(level, 'must reference a priority level');
  for (const [i, rule] of (spec.rules ?? []).entries()) yield* ruleProblems(rule, `spec.rules[${i}]`);
}

function* ruleProblems(rule: PolicyRulesWithSubjects, path: string): Problems {
  if (rule.subjects.length === 0) {
    yield requiredValue(`${path}.subjects`, 'subjects must contain at least one value');
  }
  for (const [i, subject] of rule.subjects.entries()) yield* subjectProblems(subject, `${path}.subjects[${i}]`);
  if (!rule.resourceRules?.length && !rule.nonResourceRules?.length) {
    yield requiredValue(path, 'at least one of resourceRules and nonResourceRules has to be non-empty');
  }
  for (const [i, one] of (rule.resourceRules ?? []).entries()) {
    yield* resourceRuleProblems(one, `${path}.resourceRules[${i}]`);
  }
  for (const [i, one] of (rule.nonResourceRules ?? []).entries()) {
    yield* nonResourceRuleProblems(one, `${path}.nonResourceRules[${i}]`);
  }
}

function* subjectProblems(subject: Subject, path: string): Problems {
  const { kind, user, group, serviceAccount } = subject;
  if (!['Group', 'ServiceAccount', 'User'].includes(kind)) {
    yield unsupportedValue(`${path}.kind`, kind, ['Group', 'ServiceAccount', 'User']);
    return;
  }
  if (kind === 'ServiceAccount') yield* accountProblems(serviceAccount, `${path}.serviceAccount`);
  else if (kind === 'User') yield* namedProblems(user, { path: `${path}.user`, kind: 'user' });
  else yield* namedProblems(group, { path: `${path}.group`, kind: 'group' });
  if (kind !== 'User' && user) {
    yield forbiddenValue(`${path}.user`, "user is forbidden when subject kind is not 'User'");
  }
  if (kind !== 'Group' && group) {
    yield forbiddenValue(`${path}.group`, "group is forbidden when subject kind is not 'Group'");
  }
  if (kind !== 'ServiceAccount' && serviceAccount) {
    const detail = "serviceAccount is forbidden when subject kind is not 'ServiceAccount'";
    yield forbiddenValue(`${path}.serviceAccount`, detail);
  }
}

function* namedProblems(subject: { name: string } | undefined, of: { path: string; kind: string }): Problems {
  const shownKind = of.kind === 'user' ? 'User' : 'Group';
  if (!subject) yield requiredValue(of.path, `${of.kind} is required when subject kind is '${shownKind}'`);
  else if (subject.name === '') yield requiredValue(`${of.path}.name`);
}

function* accountProblems(account: Subject['serviceAccount'], path: string): Problems {
  if (!account) {
    yield requiredValue(path, "serviceAccount is required when subject kind is 'ServiceAccount'");
    return;
  }
  if (account.name === '') yield requiredValue(`${path}.name`);
  else if (account.name !== '*') yield* wellFormed(account.name, { at: `${path}.name`, by: subdomainProblems });
  if (account.namespace === '') yield requiredValue(`${path}.namespace`, 'must specify namespace for service account');
  else yield* wellFormed(account.namespace, { at: `${path}.namespace`, by: labelNameProblems });
}

/** A list may hold values or the wildcard, but not both. */
function* listProblems(
  values: readonly string[],
  { at, empty, others }: { at: string; empty: string; others: string },
): Problems {
  if (values.length === 0) yield requiredValue(at, empty);
  else if (values.length > 1 && values.includes('*')) {
    yield invalidValue(at, values, `if '*' is present, must not specify other ${others}`);
  }
}

function* verbProblems(given: readonly string[], path: string): Problems {
  const at = `${path}.verbs`;
  yield* listProblems(given, { at, empty: 'verbs must contain at least one value', others: 'verbs' });
  if (given.some((verb) => !verbs.includes(verb))) yield unsupportedValue(at, given, verbs);
}

function* resourceRuleProblems(rule: ResourcePolicyRule, path: string): Problems {
  yield* verbProblems(rule.verbs, path);
  yield* listProblems(rule.apiGroups, {
    at: `${path}.apiGroups`,
    empty: 'resource rules must supply at least one api group',
    others: 'api groups',
  });
  yield* listProblems(rule.resources, {
    at: `${path}.resources`,
    empty: 'resource rules must supply at least one resource',
    others: 'resources',
  });
  const namespaces = rule.namespaces ?? [];
  const at = `${path}.namespaces`;
  if (namespaces.length === 0 && !rule.clusterScope) {
    yield requiredValue(at, 'resource rules that are not cluster scoped must supply at least one namespace');
  } else if (namespaces.length > 1 && namespaces.includes('*')) {
    yield invalidValue(at, namespaces, "if '*' is present, must not specify other namespaces");
  }
  for (const [i, namespace] of namespaces.entries()) {
    if (namespace === '*') continue;
    for (const detail of labelNameProblems(namespace))
      yield invalidValue(`${at}[${i}]`, namespace, namespaceIntro + detail);
  }
}

const namespaceIntro = "each member of this list must be '*' or a DNS-1123 label; ";

function* nonResourceRuleProblems(rule: NonResourcePolicyRule, path: string): Problems {
  yield* verbProblems(rule.verbs, path);
  const at = `${path}.nonResourceURLs`;
  yield* listProblems(rule.nonResourceURLs, {
    at,
    empty: 'nonResourceURLs must contain at least one value',
    others: 'non-resource URLs',
  });
  for (const [i, url] of rule.nonResourceURLs.entries()) {
    const detail = urlProblem(url);
    if (detail !== undefined) yield invalidValue(`${at}[${i}]`, url, detail);
  }
}

/** A path, or a path prefix that ends in `/*`. */
function urlProblem(path: string): string | undefined {
  if (path === '*') return undefined;
  if (path === '') return 'must not be empty';
  if (!path.startsWith('/')) return 'must start with slash';
  if (path.includes(' ')) return 'must not contain white-space';
  if (path.includes('//')) return 'must not contain double slash';
  const star = path.indexOf('*');
  return star >= 0 && !(star === path.length - 1 && path.endsWith('/*'))
    ? 'wildcard can only do suffix matching'
    : undefined;
}
