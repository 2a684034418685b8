import {
  type FieldProblem,
  forbiddenValue,
  invalidValue,
  labelNameProblems,
  pathSegmentProblems,
  requiredValue,
  subdomainProblems,
  tooLong,
} from '@typernetes/machinery';
import { domainPathProblems } from '../meta/domain-path.ts';
import { immutableDetail, oneOf, type Problems, wellFormed } from '../meta/field-checks.ts';
import type { IngressClass, IngressClassParametersReference } from './v1.gen.ts';

export function validateIngressClass(ingressClass: IngressClass): FieldProblem[] {
  return [...specProblems(ingressClass)];
}

export function validateIngressClassUpdate(next: IngressClass, current: IngressClass): FieldProblem[] {
  const controller = next.spec.controller ?? '';
  const problems = validateIngressClass(next);
  if (controller !== (current.spec.controller ?? '')) {
    problems.push(invalidValue('spec.controller', controller, immutableDetail));
  }
  return problems;
}

const maxControllerBytes = 250;

function* specProblems({ spec }: IngressClass): Problems {
  const { controller = '', parameters } = spec ?? {};
  if (controller.length > maxControllerBytes) yield tooLong('spec.controller', maxControllerBytes);
  yield* domainPathProblems(controller, 'spec.controller');
  if (parameters) yield* parameterProblems(parameters, 'spec.parameters');
}

function* parameterProblems(parameters: IngressClassParametersReference, at: string): Problems {
  const { apiGroup, kind, name, scope, namespace } = parameters;
  // An empty group is given, and wrong.
  for (const detail of apiGroup == null ? [] : subdomainProblems(apiGroup))
    yield invalidValue(`${at}.apiGroup`, apiGroup, detail);
  if (!kind) yield requiredValue(`${at}.kind`, 'kind is required');
  yield* wellFormed(kind, { at: `${at}.kind`, by: pathSegmentProblems });
  if (!name) yield requiredValue(`${at}.name`, 'name is required');
  yield* wellFormed(name, { at: `${at}.name`, by: pathSegmentProblems });
  yield* oneOf(scope, { at: `${at}.scope`, of: ['Cluster', 'Namespace'], required: 'given' });
  if (scope === 'Namespace') {
    if (namespace == null) yield requiredValue(`${at}.namespace`, "`parameters.scope` is set to 'Namespace'");
    else for (const detail of labelNameProblems(namespace)) yield invalidValue(`${at}.namespace`, namespace, detail);
  }
  if (scope === 'Cluster' && namespace != null) {
    yield forbiddenValue(`${at}.namespace`, "`parameters.scope` is set to 'Cluster'");
  }
}
