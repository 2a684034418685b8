import {
  type Condition,
  duplicateValue,
  invalidValue,
  qualifiedNameProblems,
  regexProblem,
  requiredValue,
  tooLong,
  unsupportedValue,
} from '@typernetes/machinery';
import { noProblems, type Problems } from './field-checks.ts';

const maxReasonBytes = 1024;
const maxMessageBytes = 32 * 1024;
const statuses = ['False', 'True', 'Unknown'];
const reasonForm = '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?';
const reason = new RegExp(`^${reasonForm}$`);
const reasonDetail = regexProblem(
  "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'",
  reasonForm,
  'my_name',
  'MY_NAME',
  'MyName',
  'ReasonA,ReasonB',
  'ReasonA:ReasonB',
);

/** Rules for `meta/v1` conditions, at most one per type. Upstream: ValidateConditions of apimachinery. */
export function conditionsProblems(conditions: readonly Condition[] | undefined, at: string): Problems {
  return conditions?.length ? listProblems(conditions, at) : noProblems;
}

function* listProblems(conditions: readonly Condition[], at: string): Problems {
  const seen = new Set<string>();
  for (const [i, condition] of conditions.entries()) {
    if (seen.has(condition.type)) yield duplicateValue(`${at}[${i}].type`, condition.type);
    seen.add(condition.type);
    yield* conditionProblems(condition, `${at}[${i}]`);
  }
}

function* conditionProblems(condition: Condition, at: string): Problems {
  const { type = '', status = '', observedGeneration, lastTransitionTime } = condition;
  for (const detail of qualifiedNameProblems(type)) yield invalidValue(`${at}.type`, type, detail);
  if (!statuses.includes(status)) yield unsupportedValue(`${at}.status`, status, statuses);
  if (observedGeneration !== undefined && observedGeneration < 0) {
    yield invalidValue(`${at}.observedGeneration`, observedGeneration, 'must be greater than or equal to zero');
  }
  if (!lastTransitionTime) yield requiredValue(`${at}.lastTransitionTime`, 'must be set');
  if (!condition.reason) yield requiredValue(`${at}.reason`, 'must be set');
  else {
    if (!reason.test(condition.reason)) yield invalidValue(`${at}.reason`, condition.reason, reasonDetail);
    if (bytesOf(condition.reason) > maxReasonBytes) yield tooLong(`${at}.reason`, maxReasonBytes);
  }
  if (bytesOf(condition.message ?? '') > maxMessageBytes) yield tooLong(`${at}.message`, maxMessageBytes);
}

const encoder = new TextEncoder();
const bytesOf = (text: string): number => encoder.encode(text).length;
