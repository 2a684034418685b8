import type {
  MatchCondition,
  MutatingAdmissionPolicy,
  MutatingWebhook,
  ValidatingAdmissionPolicy,
  ValidatingWebhook,
} from '@typernetes/api/admissionregistration/v1';
import type { Environment } from '@typernetes/cel';
import { type FieldProblem, invalidValue } from '@typernetes/machinery';
import { conditionEnvironment, policyEnvironment } from '../../admission/cel/environment.ts';
import { compileConditions } from '../../admission/cel/match-conditions.ts';
import { compileMutatingPolicy } from '../../admission/policy/mutating-policy.ts';
import { compileValidatingPolicy } from '../../admission/policy/validating-policy.ts';

interface Checked {
  readonly source: string;
  readonly problem: string | undefined;
}

/** Expressions of a policy that mean nothing. Those that stood there before may stay. */
export function validatingExpressionProblems(
  next: ValidatingAdmissionPolicy,
  current?: ValidatingAdmissionPolicy,
): FieldProblem[] {
  const policy = compileValidatingPolicy(next);
  const known = new Set(current ? sourcesOf(compileValidatingPolicy(current)) : []);
  const of = reporter(known);
  return [
    ...conditionProblems(
      next.spec?.matchConditions ?? [],
      'spec.matchConditions',
      policyEnvironment(next.spec?.paramKind !== undefined),
      known,
    ),
    ...policy.variables.flatMap((one, i) => of(one, `spec.variables[${i}].expression`)),
    ...policy.validations.flatMap(({ expression, messageExpression }, i) => [
      ...of(expression, `spec.validations[${i}].expression`),
      ...(messageExpression ? of(messageExpression, `spec.validations[${i}].messageExpression`) : []),
    ]),
    ...policy.auditAnnotations.flatMap(({ value }, i) => of(value, `spec.auditAnnotations[${i}].valueExpression`)),
  ];
}

export function mutatingExpressionProblems(
  next: MutatingAdmissionPolicy,
  current?: MutatingAdmissionPolicy,
): FieldProblem[] {
  const policy = compileMutatingPolicy(next);
  const known = new Set(
    current ? compileMutatingPolicy(current).mutations.map(({ expression }) => expression.source) : [],
  );
  const of = reporter(known);
  return [
    ...conditionProblems(
      next.spec?.matchConditions ?? [],
      'spec.matchConditions',
      policyEnvironment(next.spec?.paramKind !== undefined),
      known,
    ),
    ...policy.variables.flatMap((one, i) => of(one, `spec.variables[${i}].expression`)),
    ...policy.mutations.flatMap(({ kind, expression }, i) =>
      of(expression, `spec.mutations[${i}].${kind === 'patch' ? 'jsonPatch' : 'applyConfiguration'}.expression`),
    ),
  ];
}

/** Match conditions of hooks. */
export function hookExpressionProblems(
  { webhooks = [] }: { readonly webhooks?: readonly (MutatingWebhook | ValidatingWebhook)[] },
  current?: { readonly webhooks?: readonly (MutatingWebhook | ValidatingWebhook)[] },
): FieldProblem[] {
  const known = new Set(
    (current?.webhooks ?? []).flatMap(({ matchConditions = [] }) =>
      matchConditions.map(({ expression }) => expression),
    ),
  );
  return webhooks.flatMap(({ matchConditions = [] }, i) =>
    conditionProblems(matchConditions, `webhooks[${i}].matchConditions`, conditionEnvironment, known),
  );
}

function conditionProblems(
  conditions: readonly MatchCondition[],
  at: string,
  environment: Environment,
  known: ReadonlySet<string>,
): FieldProblem[] {
  const of = reporter(known);
  return compileConditions(conditions, { environment, failsOpen: false }).checked.flatMap((one, i) =>
    of(one, `${at}[${i}].expression`),
  );
}

/** Reports the problem of an expression unless it existed before; empty ones are reported elsewhere. */
function reporter(known: ReadonlySet<string>) {
  return ({ source, problem }: Checked, at: string): FieldProblem[] =>
    problem === undefined || known.has(source) || !source?.trim() ? [] : [invalidValue(at, source, problem)];
}

function sourcesOf({ variables, validations, auditAnnotations }: ReturnType<typeof compileValidatingPolicy>): string[] {
  return [
    ...variables.map(({ source }) => source),
    ...validations.flatMap(({ expression, messageExpression }) => [expression.source, messageExpression?.source ?? '']),
    ...auditAnnotations.map(({ value }) => value.source),
  ];
}
