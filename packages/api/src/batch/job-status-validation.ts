import { type FieldProblem, invalidValue, isConditionTrue, omittedValue, requiredValue } from '@typernetes/machinery';
import { immutableDetail, notNegative, type Problems } from '../meta/field-checks.ts';
import { firstShared, readIndexes } from './completion-indexes.ts';
import type { Job, JobSpec, JobStatus } from './v1.gen.ts';

/**
 * The status of a finished job must be consistent and must not be taken back. A rule about a part of the status is only
 * enforced when an update changes that part, so that objects stored before the rule stay valid.
 */
export function validateJobStatusUpdate(next: Job, current: Job): FieldProblem[] {
  const change = { spec: next.spec, next: next.status ?? {}, current: current.status ?? {} };
  return [...counterProblems(change), ...endProblems(change), ...listProblems(change), ...startProblems(next, current)];
}

interface Change {
  readonly spec: JobSpec;
  readonly next: JobStatus;
  readonly current: JobStatus;
}

const at = 'status.conditions';
const has = ({ conditions }: JobStatus, type: string): boolean => isConditionTrue(conditions, type);
const isFinished = (status: JobStatus): boolean => has(status, 'Complete') || has(status, 'Failed');

const counters = ['active', 'succeeded', 'failed', 'terminating', 'ready'] as const;

function* counterProblems({ next, current }: Change): Problems {
  for (const name of counters) yield* notNegative(next[name], `status.${name}`);
  for (const name of ['failed', 'succeeded'] as const) {
    const count = next[name] ?? 0;
    if (count < (current[name] ?? 0)) {
      yield invalidValue(`status.${name}`, count, `cannot decrease the ${name} counter`);
    }
  }
  const { active = 0, ready = 0, terminating = 0 } = next;
  const changed = (name: (typeof counters)[number]): boolean => next[name] !== current[name];
  const ends = isFinished(next) && !isFinished(current);
  if (ready > active && (changed('ready') || changed('active'))) {
    yield invalidValue('status.ready', ready, 'cannot set more ready pods than active');
  }
  if (!isFinished(next)) return;
  if (active > 0 && (ends || changed('active'))) {
    yield invalidValue('status.active', active, 'active>0 is invalid for finished job');
  }
  if (terminating > 0 && (ends || changed('terminating'))) {
    yield invalidValue('status.terminating', terminating, 'terminating>0 is invalid for finished job');
  }
  const { succeeded = [], failed = [] } = next.uncountedTerminatedPods ?? {};
  if (ends && succeeded.length + failed.length > 0) {
    yield invalidValue(
      'status.uncountedTerminatedPods',
      next.uncountedTerminatedPods,
      'must be empty for finished job',
    );
  }
  if (ends && !next.startTime) yield requiredValue('status.startTime', 'startTime is required for finished job');
}

function* endProblems({ next, current }: Change): Problems {
  for (const type of ['Complete', 'Failed', 'FailureTarget']) {
    if (has(current, type) && !has(next, type)) {
      yield invalidValue(at, omittedValue, `cannot disable the terminal ${type}=True condition`);
    }
  }
  if (has(current, 'SuccessCriteriaMet') && !has(next, 'SuccessCriteriaMet')) {
    yield invalidValue(at, omittedValue, 'cannot disable the SuccessCriteriaMet=True condition');
  }
  const [complete, failed] = [has(next, 'Complete'), has(next, 'Failed')];
  if (complete && failed) {
    yield invalidValue(at, omittedValue, 'cannot set Complete=True and Failed=true conditions');
  }
  if (complete && has(next, 'FailureTarget')) {
    yield invalidValue(at, omittedValue, 'cannot set Complete=True and FailureTarget=true conditions');
  }
  if (failed && !has(current, 'Failed') && !has(next, 'FailureTarget')) {
    yield invalidValue(at, omittedValue, 'cannot set Failed=True condition without the FailureTarget=true condition');
  }
  const met = has(next, 'SuccessCriteriaMet');
  if (complete && !has(current, 'Complete') && !met) {
    const detail = 'cannot set Complete=True condition without the SuccessCriteriaMet=true condition';
    yield invalidValue(at, omittedValue, detail);
  }
  if (met && !has(current, 'SuccessCriteriaMet')) {
    for (const type of ['Failed', 'FailureTarget']) {
      if (!has(next, type)) continue;
      yield invalidValue(at, omittedValue, `cannot set SuccessCriteriaMet=True and ${type}=true conditions`);
    }
    if (has(current, 'Complete')) {
      const detail = 'cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions';
      yield invalidValue(at, omittedValue, detail);
    }
  }
  yield* completionProblems(next, { current, complete });
}

/** The lists of completed and failed indexes. */
function* listProblems({ spec, next, current }: Change): Problems {
  const completions = spec.completions ?? 0;
  const { completedIndexes = '', failedIndexes } = next;
  const changed = completedIndexes !== (current.completedIndexes ?? '') || failedIndexes !== current.failedIndexes;
  if (!changed) return;
  const indexed = spec.completionMode === 'Indexed';
  if (!indexed && completedIndexes !== '') {
    const detail = 'cannot set non-empty completedIndexes when non-indexed completion mode';
    yield invalidValue('status.completedIndexes', completedIndexes, detail);
  }
  if (spec.backoffLimitPerIndex == null && failedIndexes != null) {
    const detail = 'cannot set non-null failedIndexes when backoffLimitPerIndex is null';
    yield invalidValue('status.failedIndexes', failedIndexes, detail);
  }
  if (!indexed) return;
  const lists = {
    completedIndexes: readIndexes(completedIndexes, completions),
    failedIndexes: readIndexes(failedIndexes ?? '', completions),
  };
  for (const name of ['completedIndexes', 'failedIndexes'] as const) {
    const list = lists[name];
    if (typeof list === 'string') yield invalidValue(`status.${name}`, next[name], `error parsing ${name}: ${list}`);
  }
  const { completedIndexes: completed, failedIndexes: failed } = lists;
  if (typeof completed === 'string' || typeof failed === 'string') return;
  const shared = firstShared(completed, failed);
  if (shared !== undefined) {
    const detail = `failedIndexes and completedIndexes overlap at index: ${shared}`;
    yield invalidValue('status.failedIndexes', failedIndexes, detail);
  }
}

/** A running job's start time must not change. */
function* startProblems(next: Job, current: Job): Problems {
  const before = current.status?.startTime;
  if (!before || next.status?.startTime === before) return;
  const wasSuspended = current.spec.suspend || next.spec.suspend;
  if (wasSuspended) return;
  yield invalidValue(
    'status.startTime',
    next.status?.startTime ?? null,
    'field is immutable for unsuspended job once set',
  );
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
