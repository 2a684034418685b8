import {
  type FieldProblem,
  invalidValue,
  jsonEqual,
  qualifiedNameProblems,
  requiredValue,
} from '@typernetes/machinery';
import { immutableDetail, type Problems } from '../meta/field-checks.ts';
import type { Event } from './v1.gen.ts';

/** Rules for events of the core group, and for those of events.k8s.io converted to it. */
export function validateCoreEvent(event: Event): FieldProblem[] {
  return [...eventProblems(event, 'reportingComponent')];
}

/** Rules for a new event of events.k8s.io, in its core form: new fields are required, deprecated ones must be unset. */
export function validateEvent(event: Event): FieldProblem[] {
  return [...eventProblems(event, 'reportingController'), ...seriesProblems(event), ...newFormProblems(event)];
}

/** Of an event of events.k8s.io only the series may change. Both are in the core form. */
export function validateEventUpdate(next: Event, current: Event): FieldProblem[] {
  return [
    ...eventProblems(next, 'reportingController'),
    ...(jsonEqual(next.series, current.series) ? [] : seriesProblems(next)),
    ...fixed
      .filter((field) => !jsonEqual(next[field], current[field]))
      .map((field) => invalidValue(field, next[field], immutableDetail)),
  ];
}

const fixed = [
  'involvedObject',
  'reason',
  'message',
  'source',
  'firstTimestamp',
  'lastTimestamp',
  'count',
  'type',
  'eventTime',
  'action',
  'related',
  'reportingComponent',
  'reportingInstance',
] as const;

function* eventProblems(event: Event, reporterField: string): Problems {
  const { metadata, involvedObject, eventTime, reportingComponent } = event;
  const own = metadata.namespace ?? '';
  const subject = involvedObject?.namespace ?? '';
  if (!eventTime) {
    // Events about cluster-scoped objects are in the default namespace.
    if (subject === '' ? own !== '' && own !== 'default' : own !== subject) yield misplaced(subject);
    return;
  }
  if (subject === '' && own !== 'default' && own !== 'kube-system') yield misplaced(subject);
  // An empty name is missing, and also invalid.
  if (!reportingComponent) yield requiredValue(reporterField);
  for (const detail of qualifiedNameProblems(reportingComponent ?? ''))
    yield invalidValue(reporterField, reportingComponent ?? '', detail);
  for (const field of ['reportingInstance', 'action', 'reason'] as const) {
    if (!event[field]) yield requiredValue(field);
    yield* lengthProblems(event[field], { at: field, max: 128 });
  }
  yield* lengthProblems(event.message, { at: 'message', max: 1024 });
}

const misplaced = (subject: string): FieldProblem =>
  invalidValue('involvedObject.namespace', subject, 'does not match event.namespace');

function* lengthProblems(value: string | undefined, { at, max }: { at: string; max: number }): Problems {
  if (value && value.length > max) yield invalidValue(at, '', `can have at most ${max} characters`);
}

function* seriesProblems({ series }: Event): Problems {
  if (!series) return;
  if ((series.count ?? 0) < 2) yield invalidValue('series.count', '', 'should be at least 2');
  if (!series.lastObservedTime) yield requiredValue('series.lastObservedTime');
}

function* newFormProblems(event: Event): Problems {
  const { eventTime, type = '', source } = event;
  if (!eventTime) yield requiredValue('eventTime');
  if (type !== 'Normal' && type !== 'Warning') yield invalidValue('type', '', `has invalid value: ${type}`);
  for (const field of ['firstTimestamp', 'lastTimestamp', 'count'] as const) {
    if (event[field]) yield invalidValue(field, '', 'needs to be unset');
  }
  if (source?.component || source?.host) yield invalidValue('source', '', 'needs to be unset');
}
