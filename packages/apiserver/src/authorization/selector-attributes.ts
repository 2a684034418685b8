import {
  type FieldProblem,
  forbiddenValue,
  invalidValue,
  labelValueProblems,
  qualifiedNameProblems,
  requiredValue,
} from '@typernetes/machinery';

/** A selector of a question: as text, or as requirements. */
export interface SelectorAttributes {
  readonly rawSelector?: string;
  readonly requirements?: readonly { key?: string; operator?: string; values?: readonly string[] }[];
}

interface Selected {
  readonly fieldSelector?: SelectorAttributes;
  readonly labelSelector?: SelectorAttributes;
}

/** The problems with a review's selectors. Unknown operators are accepted: an authorizer may know them. */
export function* selectorProblems({ fieldSelector, labelSelector }: Selected): Generator<FieldProblem> {
  if (fieldSelector) yield* problemsOf(fieldSelector, 'spec.resourceAttributes.fieldSelector', 'field');
  if (labelSelector) yield* problemsOf(labelSelector, 'spec.resourceAttributes.labelSelector', 'label');
}

function* problemsOf(
  { rawSelector = '', requirements = [] }: SelectorAttributes,
  at: string,
  of: 'field' | 'label',
): Generator<FieldProblem> {
  if (rawSelector !== '' && requirements.length > 0)
    yield invalidValue(`${at}.rawSelector`, rawSelector, 'may not specified at the same time as requirements');
  if (rawSelector === '' && requirements.length === 0) {
    const detail = `when ${at} is specified, requirements or rawSelector is required`;
    yield requiredValue(`${at}.requirements`, detail);
  }
  for (const [i, { key = '', operator, values = [] }] of requirements.entries()) {
    const path = `${at}.requirements[${i}]`;
    if (of === 'field' && key === '') yield requiredValue(`${path}.key`, 'must be specified');
    if ((operator === 'In' || operator === 'NotIn') && values.length === 0)
      yield requiredValue(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'");
    if ((operator === 'Exists' || operator === 'DoesNotExist') && values.length > 0)
      yield forbiddenValue(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
    if (of === 'field') continue;
    for (const detail of qualifiedNameProblems(key)) yield invalidValue(`${path}.key`, key, detail);
    for (const [j, value] of values.entries())
      for (const detail of labelValueProblems(value)) yield invalidValue(`${path}.values[${j}]`, value, detail);
  }
}
