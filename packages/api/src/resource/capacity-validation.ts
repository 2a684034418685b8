import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  forbiddenValue,
  formatQuantity,
  invalidValue,
  parseQuantity,
  requiredValue,
  wholeValue,
} from '@typernetes/machinery';
import type { Problems } from '../meta/field-checks.ts';
import { setProblems } from './device-rules.ts';
import type { CapacityRequestPolicy, CapacityRequestPolicyRange, DeviceCapacity } from './v1.gen.ts';

const maxValidValues = 10;

/** Only capacity that several claims can share is requested in amounts, so only that has a request policy. */
export function* capacityProblems(
  { value, requestPolicy }: DeviceCapacity,
  path: string,
  { shared }: { shared: boolean },
): Problems {
  if (!requestPolicy) return;
  const at = `${path}.requestPolicy`;
  const { validValues = [], validRange } = requestPolicy;
  if (!shared) yield forbiddenValue(at, 'allowMultipleAllocations must be true');
  else if (validValues.length > 0 && validRange) {
    const detail =
      'exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time';
    yield forbiddenValue(at, detail);
  } else yield* policyProblems(requestPolicy, at, value);
}

function* policyProblems(policy: CapacityRequestPolicy, at: string, capacity: string): Problems {
  const { validValues = [], validRange } = policy;
  if (validValues.length > 0) {
    if (policy.default === undefined) yield requiredValue(`${at}.default`, 'required when validValues is defined');
    else yield* valuesProblems(validValues, `${at}.validValues`, { capacity, fallback: policy.default });
  } else if (validRange) {
    if (policy.default === undefined) yield requiredValue(`${at}.default`, 'required when validRange is defined');
    else yield* rangeProblems(validRange, `${at}.validRange`, { capacity, fallback: policy.default });
  }
}

/** The bounds of a request: the device's capacity, and the default for claims that request no amount. */
interface Bounds {
  readonly capacity: string;
  readonly fallback: string;
}

const compare = (a: string, b: string): number => compareQuantities(parseQuantity(a), parseQuantity(b));

function* valuesProblems(values: readonly string[], at: string, { capacity, fallback }: Bounds): Problems {
  for (const [i, value] of values.entries()) {
    if (i > 0 && compare(values[i - 1] ?? '0', value) > 0) {
      yield invalidValue(`${at}[${i}]`, canonicalQuantity(value), 'values must be sorted in ascending order');
    }
  }
  yield* setProblems(values, {
    at,
    max: maxValidValues,
    keyOf: (value) => String(wholeValue(value)),
    *each(value, path) {
      if (compare(value, capacity) <= 0) return;
      const detail = `option is larger than capacity value: ${canonicalQuantity(capacity)}`;
      yield invalidValue(path, canonicalQuantity(value), detail);
    },
  });
  const checked = values.length <= maxValidValues ? values : [];
  if (!checked.some((value) => compare(value, fallback) === 0)) {
    yield invalidValue(at, canonicalQuantity(fallback), 'default value is not valid according to the requestPolicy');
  }
}

function* rangeProblems({ min, max, step }: CapacityRequestPolicyRange, at: string, bounds: Bounds): Problems {
  const { capacity, fallback } = bounds;
  if (!min) {
    yield requiredValue(`${at}.min`, 'required when validRange is defined');
    return;
  }
  const wrong = (name: string, value: string, detail: string) =>
    invalidValue(`${at}.${name}`, canonicalQuantity(value), detail);
  const [least, most] = [canonicalQuantity(min), canonicalQuantity(capacity)];
  if (compare(min, capacity) > 0) yield wrong('min', min, `min is larger than capacity value: ${most}`);
  if (compare(fallback, min) < 0) yield wrong('min', fallback, `default is less than min: ${least}`);
  if (max !== undefined) {
    const limit = canonicalQuantity(max);
    if (compare(min, max) > 0) yield wrong('max', min, `min is larger than max: ${limit}`);
    if (compare(max, capacity) > 0) yield wrong('max', max, `max is larger than capacity value: ${most}`);
    if (compare(fallback, max) > 0) yield wrong('max', fallback, `default is more than max: ${limit}`);
  }
  if (step === undefined) return;
  const first = addQuantities(parseQuantity(min), parseQuantity(step));
  if (compareQuantities(first, parseQuantity(capacity)) > 0) {
    yield wrong('step', step, `one step ${formatQuantity(first)} is larger than capacity value: ${most}`);
  }
  for (const value of max === undefined ? [fallback] : [fallback, max]) {
    if (isReached(value, { min, step })) continue;
    const detail = `value is not a multiple of a given step (${canonicalQuantity(step)}) from (${least})`;
    yield wrong('step', value, detail);
  }
}

/** Whether a whole number of steps leads from the minimum to this amount. A step of zero never does. */
function isReached(value: string, { min, step }: { min: string; step: string }): boolean {
  const [from, to, by] = [wholeValue(min), wholeValue(value), wholeValue(step)];
  return by === 0 ? to === from : (to - from) % by === 0;
}
