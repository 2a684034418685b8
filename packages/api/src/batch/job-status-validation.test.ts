import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertProblems } from '../testing/problem-lines.ts';
import { readIndexes } from './completion-indexes.ts';
import { validateJobStatusUpdate } from './job-status-validation.ts';
import { validateJob } from './job-validation.ts';
import type { Job, JobSpec, JobStatus } from './v1.gen.ts';

const job = (spec: Partial<JobSpec>, status: JobStatus = {}): Job =>
  ({ metadata: { name: 'j' }, spec: { template: {}, ...spec }, status }) as unknown as Job;
const on = (...types: string[]) => ({ conditions: types.map((type) => ({ type, status: 'True' })) }) as JobStatus;
const indexed = { completionMode: 'Indexed', completions: 5, backoffLimitPerIndex: 1 } as const;
const time = '2026-01-01T00:00:00Z';

for (const [name, spec, next, current, expected] of [
  ['an end of its own accord', {}, { startTime: time, ...on('FailureTarget', 'Failed') }, on('FailureTarget'), []],
  [
    'an end without the reason before it',
    {},
    { startTime: time, ...on('Failed') },
    {},
    ['status.conditions: cannot set Failed=True condition without the FailureTarget=true condition'],
  ],
  [
    'a completion that nothing led to',
    {},
    { startTime: time, completionTime: time, ...on('Complete') },
    {},
    ['status.conditions: cannot set Complete=True condition without the SuccessCriteriaMet=true condition'],
  ],
  [
    'the same, stored before there was the rule',
    {},
    { completionTime: time, ...on('Complete') },
    { completionTime: time, ...on('Complete') },
    [],
  ],
  [
    'success that is taken back',
    {},
    {},
    on('SuccessCriteriaMet'),
    ['status.conditions: cannot disable the SuccessCriteriaMet=True condition'],
  ],
  [
    'an end with pods that are still ending, and without a beginning',
    {},
    { terminating: 1, ...on('FailureTarget', 'Failed') },
    on('FailureTarget'),
    [
      'status.terminating: terminating>0 is invalid for finished job',
      'status.startTime: startTime is required for finished job',
    ],
  ],
  [
    'more ready than there are',
    {},
    { active: 1, ready: 2 },
    {},
    ['status.ready: cannot set more ready pods than active'],
  ],
  [
    'indexes where there are none',
    {},
    { completedIndexes: '0', failedIndexes: '' },
    {},
    [
      'status.completedIndexes: cannot set non-empty completedIndexes when non-indexed completion mode',
      'status.failedIndexes: cannot set non-null failedIndexes when backoffLimitPerIndex is null',
    ],
  ],
  [
    'an index in both lists',
    indexed,
    { completedIndexes: '0-2', failedIndexes: '2,4' },
    {},
    ['status.failedIndexes: failedIndexes and completedIndexes overlap at index: 2'],
  ],
  ['lists that do not change', indexed, { completedIndexes: '9' }, { completedIndexes: '9' }, []],
  [
    'a beginning that is moved',
    {},
    { startTime: '2026-02-01T00:00:00Z' },
    { startTime: time },
    ['status.startTime: field is immutable for unsuspended job once set'],
  ],
] as const)
  test(name, () =>
    assertProblems(validateJobStatusUpdate(job(spec, next as JobStatus), job(spec, current as JobStatus)), expected),
  );

for (const [text, expected] of [
  ['', []],
  [
    '1,3-4',
    [
      [1, 1],
      [3, 4],
    ],
  ],
  [
    '1-2-3',
    'the fragment "1-2-3" violates the requirement that an index interval can have at most two parts separated by \'-\'',
  ],
  ['a', 'cannot convert string to integer for index: "a"'],
  ['5', 'too large index: "5"'],
  ['3-2', 'non-increasing order, previous: 3, current: 2'],
  ['3,3', 'non-increasing order, previous: 3, current: 3'],
] as const)
  test(`indexes "${text}"`, () => assert.deepEqual(readIndexes(text, 5), expected));

test('success policies are checked against the counts in the status', () => {
  const said = (successPolicy: object, expected: readonly string[], spec: Partial<JobSpec> = indexed): void =>
    assertProblems(
      validateJob(job({ ...spec, successPolicy } as Partial<JobSpec>)).filter(({ field }) =>
        field.startsWith('spec.successPolicy'),
      ),
      expected,
    );
  said({ rules: [{ succeededIndexes: '0-1', succeededCount: 2 }] }, []);
  said({ rules: [] }, [
    'spec.successPolicy.rules: at least one rules must be specified when the successPolicy is specified',
  ]);
  said({ rules: [{}, { succeededIndexes: '0-1', succeededCount: 6 }] }, [
    'spec.successPolicy.rules[0]: at least one of succeededCount or succeededIndexes must be specified',
    'spec.successPolicy.rules[1].succeededCount: must be less than or equal to 5 (the number of specified completions)',
    'spec.successPolicy.rules[1].succeededCount: must be less than or equal to 2 (the number of indexes in the specified succeededIndexes field)',
  ]);
  said({ rules: [] }, ['spec.successPolicy: requires indexed completion mode'], {});
});
