import {
  type FieldProblem,
  invalidValue,
  type LabelSelector,
  requiredValue,
  selectorFromObject,
} from '@typernetes/machinery';
import { foreverProblems } from '../core/long-running-validation.ts';
import { podTemplateProblems } from '../core/pod-validation.ts';
import type { PodTemplateSpec } from '../core/v1.gen.ts';
import type { Problems } from '../meta/field-checks.ts';
import { isEmptySelector, labelSelectorProblems } from '../meta/labels-validation.ts';

interface Selected {
  readonly selector?: LabelSelector;
  readonly template?: PodTemplateSpec;
}

/** A workload's selector and the pod template that it must match. `kind` is used in messages. */
export function* selectedTemplateProblems(
  { selector, template }: Selected,
  options: { emptyDetail: string; kind: string; wrongDetail?: string },
): Problems {
  if (!selector) {
    yield requiredValue('spec.selector');
    // An empty selector selects nothing, so not these pods either.
    if (template) yield mismatch(template);
  } else {
    const wrong = [...labelSelectorProblems(selector, 'spec.selector')];
    yield* wrong;
    if (wrong.length > 0 && options.wrongDetail !== undefined)
      yield invalidValue('spec.selector', selector, options.wrongDetail);
    if (isEmptySelector(selector)) yield invalidValue('spec.selector', selector, options.emptyDetail);
    else if (wrong.length === 0) yield* matchProblems(selector, template);
  }
  yield* podTemplateProblems(template, 'spec.template');
  yield* foreverProblems(template, options.kind);
}

function* matchProblems(selector: LabelSelector, template: PodTemplateSpec | undefined): Problems {
  if (!selectorFromObject(selector).matches(template?.metadata?.labels ?? {})) yield mismatch(template);
}

const mismatch = (template: PodTemplateSpec | undefined): FieldProblem =>
  invalidValue(
    'spec.template.metadata.labels',
    template?.metadata?.labels ?? {},
    '`selector` does not match template `labels`',
  );
