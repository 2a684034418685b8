import {
  approximateValue,
  compareQuantities,
  duplicateValue,
  type FieldProblem,
  forbiddenValue,
  invalidValue,
  qualifiedNameProblems,
  requiredValue,
} from '@typernetes/machinery';
import type { Problems } from '../meta/field-checks.ts';
import {
  containerResourceNameProblems,
  overcommits,
  quantityOf,
  resourceNameProblems,
} from './resources-validation.ts';
import type { LimitRange, LimitRangeItem } from './v1.gen.ts';

export function validateLimitRange({ spec }: LimitRange): FieldProblem[] {
  return [...limitsProblems(spec?.limits ?? [])];
}

function* limitsProblems(limits: readonly LimitRangeItem[]): Problems {
  const types = new Set<string>();
  for (const [i, limit] of limits.entries()) {
    const at = `spec.limits[${i}]`;
    yield* typeProblems(limit.type, `${at}.type`);
    if (types.has(limit.type)) yield duplicateValue(`${at}.type`, limit.type);
    types.add(limit.type);
    yield* itemProblems(limit, at);
  }
}

const standardTypes = ['Pod', 'Container', 'PersistentVolumeClaim'];

function* typeProblems(type: string, at: string): Problems {
  const wrong = qualifiedNameProblems(type);
  for (const detail of wrong) yield invalidValue(at, type, detail);
  if (wrong.length === 0 && !type.includes('/') && !standardTypes.includes(type)) {
    yield invalidValue(at, type, 'must be a standard limit type or fully qualified');
  }
}

const amounts = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const;

function* itemProblems(limit: LimitRangeItem, at: string): Problems {
  const forPods = limit.type === 'Pod';
  const nameProblems = forPods || limit.type === 'Container' ? containerResourceNameProblems : resourceNameProblems;
  const names = new Set<string>();
  for (const field of amounts) {
    const values = Object.keys(limit[field] ?? {});
    if (forPods && values.length > 0 && (field === 'default' || field === 'defaultRequest')) {
      yield forbiddenValue(`${at}.${field}`, "may not be specified when `type` is 'Pod'");
      continue;
    }
    for (const name of values) {
      yield* nameProblems(name, `${at}.${field}[${name}]`);
      names.add(name);
    }
  }
  if (limit.type === 'PersistentVolumeClaim' && !limit.min?.storage && !limit.max?.storage) {
    const detail = 'either minimum or maximum storage value is required, but neither was provided';
    yield requiredValue(`${at}.limits`, detail);
  }
  for (const name of names) yield* orderProblems(name, { limit, at });
}

/** Pairs of fields whose first must not exceed the second, with the field, value and message to report. */
const order = [
  ['min', 'max', 'min', 'min', 'min value', 'max value'],
  ['min', 'defaultRequest', 'defaultRequest', 'defaultRequest', 'min value', 'default request value'],
  ['defaultRequest', 'max', 'defaultRequest', 'defaultRequest', 'default request value', 'max value'],
  ['defaultRequest', 'default', 'defaultRequest', 'defaultRequest', 'default request value', 'default limit value'],
  ['min', 'default', 'default', 'min', 'min value', 'default value'],
  ['default', 'max', 'default', 'max', 'default value', 'max value'],
] as const;

function* orderProblems(name: string, { limit, at }: { limit: LimitRangeItem; at: string }): Problems {
  for (const [lower, upper, shown, reported, lowerWords, upperWords] of order) {
    const [low, high] = [limit[lower]?.[name], limit[upper]?.[name]];
    if (low === undefined || high === undefined || (compared(low, high) ?? 0) <= 0) continue;
    const value = limit[reported]?.[name];
    yield invalidValue(`${at}.${shown}[${name}]`, value, `${lowerWords} ${low} is greater than ${upperWords} ${high}`);
  }
  yield* ratioProblems(name, { limit, at });
  const [limitDefault, requestDefault] = [limit.default?.[name], limit.defaultRequest?.[name]];
  if (limitDefault === undefined || requestDefault === undefined || overcommits(name)) return;
  if (compared(limitDefault, requestDefault) !== 0) {
    const detail = `default value ${limitDefault} must equal to defaultRequest value ${requestDefault} in ${name}`;
    yield invalidValue(`${at}.defaultRequest[${name}]`, requestDefault, detail);
  }
}

function* ratioProblems(name: string, { limit, at }: { limit: LimitRangeItem; at: string }): Problems {
  const ratio = limit.maxLimitRequestRatio?.[name];
  if (ratio === undefined) return;
  const path = `${at}.maxLimitRequestRatio[${name}]`;
  if ((compared(ratio, '1') ?? 0) < 0) yield invalidValue(path, ratio, `ratio ${ratio} is less than 1`);
  const [min, max] = [limit.min?.[name], limit.max?.[name]].map((text) => text && quantityOf(text));
  if (!min || !max) return;
  const highest = approximateValue(max) / approximateValue(min);
  const wanted = quantityOf(ratio);
  if (wanted && approximateValue(wanted) > highest) {
    yield invalidValue(path, ratio, `ratio ${ratio} is greater than max/min = ${highest.toFixed(6)}`);
  }
}

function compared(a: string, b: string): number | undefined {
  const [x, y] = [quantityOf(a), quantityOf(b)];
  return x && y && compareQuantities(x, y);
}
