import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { problemText } from '@typernetes/machinery';
import { validateCoreEvent, validateEvent, validateEventUpdate } from './event-validation.ts';
import type { Event } from './v1.gen.ts';

const metadata = { name: 'e', namespace: 'shop', uid: '1', resourceVersion: '1', creationTimestamp: '' };
const old: Event = { metadata, involvedObject: { kind: 'Pod', name: 'web', namespace: 'shop' }, reason: 'Started' };
const fresh: Event = {
  ...old,
  type: 'Normal',
  eventTime: '2026-01-01T00:00:00.000000Z',
  action: 'Binding',
  reportingComponent: 'scheduler',
  reportingInstance: 'scheduler-1',
};
const misplaced = (namespace: string): string =>
  `involvedObject.namespace: Invalid value: "${namespace}": does not match event.namespace`;

describe('an event of the core group', () => {
  const cases: readonly { name: string; event: Event; wants: readonly string[] }[] = [
    { name: 'beside its subject', event: old, wants: [] },
    {
      name: 'in another namespace',
      event: { ...old, involvedObject: { namespace: 'other' } },
      wants: [misplaced('other')],
    },
    {
      name: 'about a node, outside the default namespace',
      event: { ...old, involvedObject: {} },
      wants: [misplaced('')],
    },
    {
      name: 'about a node',
      event: { ...old, metadata: { ...metadata, namespace: 'default' }, involvedObject: { kind: 'Node' } },
      wants: [],
    },
    { name: 'with a time, complete', event: fresh, wants: [] },
    {
      name: 'with an event time and no other new field',
      event: { ...old, eventTime: '2026-01-01T00:00:00.000000Z', reason: '' },
      wants: [
        'reportingComponent: Required value',
        'reportingComponent: Invalid value: "": name part must be non-empty',
        `reportingComponent: Invalid value: "": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
        'reportingInstance: Required value',
        'action: Required value',
        'reason: Required value',
      ],
    },
    {
      name: 'with an event time and a message that is too long',
      event: { ...fresh, message: 'x'.repeat(1025), action: 'y'.repeat(129) },
      wants: [
        'action: Invalid value: "": can have at most 128 characters',
        'message: Invalid value: "": can have at most 1024 characters',
      ],
    },
  ];
  for (const { name, event, wants } of cases) {
    test(name, () => assert.deepEqual(validateCoreEvent(event).map(problemText), wants));
  }
});

describe('an event of events.k8s.io', () => {
  test('sets all required fields and none of the old form', () => {
    assert.deepEqual(validateEvent(fresh), []);
    const mixed = { ...fresh, type: 'Bad', count: 2, source: { component: 'x' }, series: { count: 1 } };
    assert.deepEqual(validateEvent(mixed).map(problemText), [
      'series.count: Invalid value: "": should be at least 2',
      'series.lastObservedTime: Required value',
      'type: Invalid value: "": has invalid value: Bad',
      'count: Invalid value: "": needs to be unset',
      'source: Invalid value: "": needs to be unset',
    ]);
  });

  test('only its series may change', () => {
    const series = { count: 2, lastObservedTime: '2026-01-01T00:00:01.000000Z' };
    assert.deepEqual(validateEventUpdate({ ...fresh, series }, fresh), []);
    assert.deepEqual(validateEventUpdate({ ...fresh, message: 'more', type: 'Warning' }, fresh).map(problemText), [
      'message: Invalid value: "more": field is immutable',
      'type: Invalid value: "Warning": field is immutable',
    ]);
  });
});
