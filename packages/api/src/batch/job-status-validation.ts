import { type FieldProblem, invalidValue, isConditionTrue, omittedValue, requiredValue } from '@typernetes/machinery';
import { immutableDetail, notNegative, type Problems } from '../meta/field-checks.ts';
import type { Job, JobStatus } from './v1.gen.ts';

/** What a job says about its end must not contradict itself, nor be taken back. */
export function validateJobStatusUpdate(next: Job, current: Job): FieldProblem[] {
  return [
    ...counterProblems(next.status ?? {}, current.status ?? {}),
    ...endProblems(next.status ?? {}, current.status ?? {}),
  ];
}

const counters = ['active', 'succeeded', 'failed', 'terminating', 'ready'] as const;

function* counterProblems(next: JobStatus, current: JobStatus): Problems {
  for (const name of counters) yield* notNegative(next[name], `status.${name}`);
  for (const name of ['failed', 'succeeded'] as const) {
    const count = next[name] ?? 0;
    if (count < (current[name] ?? 0)) {
      yield invalidValue(`status.${name}`, count, `cannot decrease the ${name} counter`);
    }
  }
}

function* endProblems(next: JobStatus, current: JobStatus): Problems {
  const at = 'status.conditions';
  const has = (type: string): boolean => isConditionTrue(next.conditions, type);
  for (const type of ['Complete', 'Failed', 'FailureTarget']) {
    if (isConditionTrue(current.conditions, type) && !has(type)) {
      yield invalidValue(at, omittedValue, `cannot disable the terminal ${type}=True condition`);
    }
  }
  const [complete, failed] = [has('Complete'), has('Failed')];
  if (complete && failed) {
    yield invalidValue(at, omittedValue, 'cannot set Complete=True and Failed=true conditions');
  }
  if (complete && has('FailureTarget')) {
    yield invalidValue(at, omittedValue, 'cannot set Complete=True and FailureTarget=true conditions');
  }
  if ((complete || failed) && (next.active ?? 0) > 0) {
    yield invalidValue('status.active', next.active, 'active>0 is invalid for finished job');
  }
  yield* completionProblems(next, { current, complete });
}

function* completionProblems(
  { completionTime: time, startTime }: JobStatus,
  { current, complete }: { current: JobStatus; complete: boolean },
): Problems {
  const at = 'status.completionTime';
  if (complete && !time) yield requiredValue(at, 'completionTime is required for Complete jobs');
  if (!complete && time) {
    yield invalidValue(at, time, 'cannot set completionTime when there is no Complete=True condition');
  }
  if (time && startTime && time < startTime) yield invalidValue(at, time, 'must be equal to or after `startTime`');
  if (current.completionTime && current.completionTime !== time) yield invalidValue(at, time ?? null, immutableDetail);
}
