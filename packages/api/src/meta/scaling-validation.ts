import { type IntOrString, invalidValue, isPercent, percentProblems } from '@typernetes/machinery';
import { notNegative, type Problems } from './field-checks.ts';

/** A number of pods, or a percentage of up to 100%. */
export function* podCountProblems(value: IntOrString | undefined, at: string): Problems {
  if (typeof value === 'string') {
    for (const detail of percentProblems(value)) yield invalidValue(at, value, detail);
    if (isPercent(value) && Number.parseInt(value, 10) > 100)
      yield invalidValue(at, value, 'must not be greater than 100%');
  } else yield* notNegative(value, at);
}

/** Like {@link podCountProblems}, but allows more than 100%: for surges. */
export function* surgeProblems(value: IntOrString | undefined, at: string): Problems {
  if (typeof value === 'string') for (const detail of percentProblems(value)) yield invalidValue(at, value, detail);
  else yield* notNegative(value, at);
}

export const isZero = (value: IntOrString | undefined): boolean => value === 0 || value === '0%' || value === undefined;
