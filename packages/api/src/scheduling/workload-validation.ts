import {
  type FieldProblem,
  invalidValue,
  jsonEqual,
  labelNameProblems,
  pathSegmentProblems,
  requiredValue,
  subdomainProblems,
  tooMany,
} from '@typernetes/machinery';
import { immutableDetail, type Problems, wellFormed } from '../meta/field-checks.ts';
import { mapProblems } from './declared-rules.ts';
import { podGroupProblems } from './pod-group-validation.ts';
import type { TypedLocalObjectReference, Workload } from './v1alpha2.gen.ts';

const maxTemplates = 8;

export function validateWorkload({ spec }: Workload): FieldProblem[] {
  return [...controllerProblems(spec.controllerRef), ...templatesProblems(spec.podGroupTemplates ?? [])];
}

/** The controller reference and the templates are immutable. */
export function validateWorkloadUpdate({ spec }: Workload, { spec: old }: Workload): FieldProblem[] {
  return (['controllerRef', 'podGroupTemplates'] as const)
    .filter((name) => !jsonEqual(spec[name] ?? null, old[name] ?? null))
    .map((name) => invalidValue(`spec.${name}`, null, immutableDetail));
}

function* controllerProblems(reference: TypedLocalObjectReference | undefined): Problems {
  if (!reference) return;
  const at = 'spec.controllerRef';
  yield* wellFormed(reference.apiGroup, { at: `${at}.apiGroup`, by: subdomainProblems });
  yield* wellFormed(reference.kind, { at: `${at}.kind`, by: pathSegmentProblems, required: true });
  yield* wellFormed(reference.name, { at: `${at}.name`, by: pathSegmentProblems, required: true });
}

function* templatesProblems(templates: Workload['spec']['podGroupTemplates']): Problems {
  const at = 'spec.podGroupTemplates';
  if (templates.length === 0) {
    yield requiredValue(at);
    return;
  }
  if (templates.length > maxTemplates) {
    yield tooMany(at, templates.length, maxTemplates);
    return;
  }
  yield* mapProblems(templates, at, ({ name }) => name);
  for (const [i, template] of templates.entries()) {
    yield* wellFormed(template.name, { at: `${at}[${i}].name`, by: labelNameProblems, required: true });
    yield* podGroupProblems(template, `${at}[${i}]`);
  }
}
