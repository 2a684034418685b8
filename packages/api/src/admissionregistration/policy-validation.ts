import {
  cIdentifierProblems,
  dns1035LabelProblems,
  duplicateValue,
  type FieldProblem,
  forbiddenValue,
  invalidValue,
  pathSegmentProblems,
  qualifiedNameProblems,
  requiredValue,
  subdomainProblems,
  unsupportedValue,
} from '@typernetes/machinery';
import { conditionsProblems } from '../meta/conditions-validation.ts';
import { oneOf, type Problems } from '../meta/field-checks.ts';
import { labelSelectorProblems } from '../meta/labels-validation.ts';
import type {
  AuditAnnotation,
  MatchResources,
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  Mutation,
  ParamKind,
  ParamRef,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  Validation,
  Variable,
} from './v1.gen.ts';
import { conditionProblems, ruleProblems } from './webhook-validation.ts';

const maxAuditAnnotations = 20;
const reasons = ['Forbidden', 'Invalid', 'RequestEntityTooLarge', 'Unauthorized'];
const actions = ['Audit', 'Deny', 'Warn'];
/** Words reserved by CEL, which cannot be the names of variables. */
const reservedNames: ReadonlySet<string> = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);

/** Does not compile the expressions: the API server does that, with CEL. */
export function validateValidatingAdmissionPolicy({ metadata, spec }: ValidatingAdmissionPolicy): FieldProblem[] {
  return [...validatingSpecProblems(spec ?? {}, metadata.name)];
}

function* validatingSpecProblems(spec: NonNullable<ValidatingAdmissionPolicy['spec']>, name: string): Problems {
  yield* commonProblems(spec);
  const { validations = [], auditAnnotations = [] } = spec;
  const lacking = 'validations or auditAnnotations must contain at least one item';
  if (validations.length === 0 && auditAnnotations.length === 0) {
    yield requiredValue('spec.validations', lacking);
    yield requiredValue('spec.auditAnnotations', lacking);
  }
  for (const [i, validation] of validations.entries()) yield* validationProblems(validation, `spec.validations[${i}]`);
  if (auditAnnotations.length > maxAuditAnnotations)
    yield invalidValue(
      'spec.auditAnnotations',
      auditAnnotations,
      `must not have more than ${maxAuditAnnotations} auditAnnotations`,
    );
  const keys = new Set<string>();
  for (const [i, annotation] of auditAnnotations.entries()) {
    const at = `spec.auditAnnotations[${i}]`;
    yield* auditAnnotationProblems(annotation, { at, policy: name });
    if (keys.has(annotation.key)) yield duplicateValue(`${at}.key`, annotation.key);
    keys.add(annotation.key);
  }
}

interface CommonSpec {
  readonly failurePolicy?: string;
  readonly paramKind?: ParamKind;
  readonly matchConstraints?: MatchResources;
  readonly matchConditions?: Parameters<typeof conditionProblems>[0];
  readonly variables?: readonly Variable[];
}

function* commonProblems(spec: CommonSpec): Problems {
  yield* oneOf(spec.failurePolicy, { at: 'spec.failurePolicy', of: ['Fail', 'Ignore'], required: 'given' });
  if (spec.paramKind) yield* paramKindProblems(spec.paramKind, 'spec.paramKind');
  const match = spec.matchConstraints;
  if (!match) yield requiredValue('spec.matchConstraints');
  else {
    yield* matchProblems(match, 'spec.matchConstraints');
    if (!match.resourceRules?.length) yield requiredValue('spec.matchConstraints.resourceRules');
  }
  yield* conditionProblems(spec.matchConditions ?? [], 'spec.matchConditions');
  for (const [i, { name, expression }] of (spec.variables ?? []).entries()) {
    const at = `spec.variables[${i}]`;
    if (!name?.trim()) yield requiredValue(`${at}.name`, 'name is not specified');
    else if (cIdentifierProblems(name).length > 0 || reservedNames.has(name))
      yield invalidValue(`${at}.name`, name, 'must be a valid CEL identifier');
    if (!expression?.trim()) yield requiredValue(`${at}.expression`, 'expression is not specified');
  }
}

function* paramKindProblems({ apiVersion, kind }: ParamKind, at: string): Problems {
  const field = `${at}.apiVersion`;
  const [group = '', version = '', ...more] = apiVersion?.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  if (!apiVersion) yield requiredValue(field);
  else if (more.length > 0) yield invalidValue(field, apiVersion, `unexpected GroupVersion string: ${apiVersion}`);
  else {
    const wrong = group ? subdomainProblems(group) : [];
    if (wrong.length > 0) yield invalidValue(field, group, wrong.join(','));
    if (!version) yield invalidValue(field, apiVersion, 'version must be specified');
    else {
      const wrongVersion = dns1035LabelProblems(version);
      if (wrongVersion.length > 0) yield invalidValue(field, version, wrongVersion.join(','));
    }
  }
  if (!kind) yield requiredValue(`${at}.kind`);
  else {
    const wrong = dns1035LabelProblems(kind.toLowerCase());
    if (wrong.length > 0)
      yield invalidValue(`${at}.kind`, kind, `may have mixed case, but should otherwise match: ${wrong.join(',')}`);
  }
}

function* matchProblems(match: MatchResources, at: string): Problems {
  yield* oneOf(match.matchPolicy, { at: `${at}.matchPolicy`, of: ['Equivalent', 'Exact'], required: 'given' });
  if (!match.namespaceSelector) yield requiredValue(`${at}.namespaceSelector`);
  else yield* labelSelectorProblems(match.namespaceSelector, `${at}.namespaceSelector`);
  if (!match.objectSelector) yield requiredValue(`${at}.objectSelector`);
  else yield* labelSelectorProblems(match.objectSelector, `${at}.objectSelector`);
  for (const field of ['resourceRules', 'excludeResourceRules'] as const) {
    for (const [i, rule] of (match[field] ?? []).entries()) {
      const path = `${at}.${field}[${i}]`;
      yield* ruleProblems(rule, path);
      const names = new Set<string>();
      for (const [j, name] of (rule.resourceNames ?? []).entries()) {
        const wrong = pathSegmentProblems(name);
        if (wrong.length > 0) yield invalidValue(`${path}.resourceNames[${j}]`, name, wrong.join(','));
        if (names.has(name)) yield duplicateValue(`${path}.resourceNames[${j}]`, name);
        names.add(name);
      }
    }
  }
}

/** An expression of several lines may go without a message: upstream's rule against it is never reached. */
function* validationProblems({ expression, message, messageExpression, reason }: Validation, at: string): Problems {
  if (!expression?.trim()) yield requiredValue(`${at}.expression`, 'expression is not specified');
  if (messageExpression && !messageExpression.trim())
    yield invalidValue(`${at}.messageExpression`, messageExpression, 'must be non-empty if specified');
  if (message && !message.trim()) yield invalidValue(`${at}.message`, message, 'must be non-empty if specified');
  else if (message && /[\n\r]/.test(message.trim()))
    yield invalidValue(`${at}.message`, message, 'must not contain line breaks');
  if (reason && !reasons.includes(reason)) yield unsupportedValue(`${at}.reason`, reason, reasons);
}

const maxValueExpressionBytes = 5 * 1024;

function* auditAnnotationProblems(
  { key, valueExpression }: AuditAnnotation,
  { at, policy }: { at: string; policy: string },
): Problems {
  if (policy)
    for (const detail of qualifiedNameProblems(`${policy}/${key}`))
      yield invalidValue(`${at}.key`, `${policy}/${key}`, detail);
  else yield invalidValue(`${at}.key`, key, 'requires metadata.name be non-empty');
  if (!valueExpression?.trim()) yield requiredValue(`${at}.valueExpression`, 'valueExpression is not specified');
  else if (new TextEncoder().encode(valueExpression.trim()).length > maxValueExpressionBytes)
    yield requiredValue(`${at}.valueExpression`, `must not exceed ${maxValueExpressionBytes} bytes in length`);
}

export function validateValidatingAdmissionPolicyBinding(binding: ValidatingAdmissionPolicyBinding): FieldProblem[] {
  return [
    ...bindingProblems(binding),
    ...actionProblems(binding.spec?.validationActions ?? [], 'spec.validationActions'),
  ];
}

export function validateMutatingAdmissionPolicyBinding(binding: MutatingAdmissionPolicyBinding): FieldProblem[] {
  const at = 'spec.matchResources.resourceRules.operations';
  return [...bindingProblems(binding), ...mutableProblems(binding.spec?.matchResources, at)];
}

function* bindingProblems({ spec }: ValidatingAdmissionPolicyBinding | MutatingAdmissionPolicyBinding): Problems {
  const policyName = spec?.policyName;
  if (!policyName) yield requiredValue('spec.policyName');
  else for (const detail of subdomainProblems(policyName)) yield invalidValue('spec.policyName', policyName, detail);
  if (spec?.paramRef) yield* paramRefProblems(spec.paramRef, 'spec.paramRef');
  if (spec?.matchResources) yield* matchProblems(spec.matchResources, 'spec.matchResouces');
}

function* paramRefProblems({ name, selector, parameterNotFoundAction: action }: ParamRef, at: string): Problems {
  if (name) {
    for (const detail of pathSegmentProblems(name)) yield invalidValue(`${at}.name`, name, detail);
    if (selector) yield forbiddenValue(`${at}.name`, 'name and selector are mutually exclusive');
  }
  if (selector) {
    yield* labelSelectorProblems(selector, `${at}.selector`);
    if (name) yield forbiddenValue(`${at}.selector`, 'name and selector are mutually exclusive');
  }
  if (!name && !selector) yield requiredValue(at, 'one of name or selector must be specified');
  if (!action) yield requiredValue(`${at}.parameterNotFoundAction`);
  else if (action !== 'Deny' && action !== 'Allow')
    yield unsupportedValue(`${at}.parameterNotFoundAction`, action, ['Deny', 'Allow']);
}

function* actionProblems(given: readonly string[], at: string): Problems {
  const seen = new Set<string>();
  for (const [i, action] of given.entries()) {
    if (!actions.includes(action)) yield unsupportedValue(`${at}[${i}]`, action, actions);
    if (seen.has(action)) yield duplicateValue(`${at}[${i}]`, action);
    seen.add(action);
  }
  if (seen.has('Deny') && seen.has('Warn'))
    yield invalidValue(
      at,
      given,
      'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
    );
  if (given.length === 0) yield requiredValue(at, 'at least one validation action is required');
}

export function validateMutatingAdmissionPolicy({ spec }: MutatingAdmissionPolicy): FieldProblem[] {
  return [...mutatingSpecProblems(spec ?? {})];
}

function* mutatingSpecProblems(spec: MutatingAdmissionPolicy['spec']): Problems {
  yield* commonProblems(spec);
  yield* mutableProblems(spec.matchConstraints, 'spec.matchConstraints.resourceRules.operations');
  if (!spec.mutations?.length) yield requiredValue('spec.mutations', 'mutations must contain at least one item');
  for (const [i, mutation] of (spec.mutations ?? []).entries())
    yield* mutationProblems(mutation, `spec.mutations[${i}]`);
  yield* oneOf(spec.reinvocationPolicy, { at: 'spec.reinvocationPolicy', of: ['IfNeeded', 'Never'], required: true });
}

/** Mutation is possible for CREATE and UPDATE only. */
function* mutableProblems(match: MatchResources | undefined, at: string): Problems {
  for (const { operations } of match?.resourceRules ?? [])
    for (const operation of operations ?? [])
      if (!['CREATE', 'UPDATE'].includes(operation)) yield unsupportedValue(at, operation, ['CREATE', 'UPDATE']);
}

function* mutationProblems({ patchType, applyConfiguration, jsonPatch }: Mutation, at: string): Problems {
  const wanted = { ApplyConfiguration: applyConfiguration, JSONPatch: jsonPatch };
  if (!patchType) yield requiredValue(`${at}.patchType`);
  else if (patchType !== 'JSONPatch' && patchType !== 'ApplyConfiguration')
    yield unsupportedValue(`${at}.patchType`, patchType, Object.keys(wanted));
  else {
    const isPatch = patchType === 'JSONPatch';
    const [field, other] = isPatch ? ['jsonPatch', 'applyConfiguration'] : ['applyConfiguration', 'jsonPatch'];
    const given = wanted[patchType];
    if (!given) yield requiredValue(`${at}.${field}`, `must be specified when patchType is ${patchType}`);
    else if (!given.expression?.trim()) yield requiredValue(`${at}.${field}.expression`);
    if (isPatch ? applyConfiguration : jsonPatch)
      yield invalidValue(`${at}.${other}`, `{${other}}`, `must not be specified when patchType is ${patchType}`);
  }
}

/** The status that the type checker writes. */
export function validateValidatingAdmissionPolicyStatus({ status }: ValidatingAdmissionPolicy): FieldProblem[] {
  const at = 'status.typeChecking.expressionWarnings';
  const warnings = status?.typeChecking?.expressionWarnings ?? [];
  return [
    ...warnings.flatMap(({ fieldRef, warning }, i) => [
      ...(fieldRef ? [] : [requiredValue(`${at}[${i}].fieldRef`)]),
      ...(warning ? [] : [requiredValue(`${at}[${i}].warning`)]),
    ]),
    ...conditionsProblems(status?.conditions, 'status.conditions'),
  ];
}
