import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Job, JobSpec, JobStatus } from '@typernetes/api/batch/v1';
import type { Pod } from '@typernetes/api/core/v1';
import { noFailures, waitAfter, withEnded } from './back-off.ts';
import { gatherFacts } from './facts.ts';
import { IndexSet } from './index-set.ts';
import { planJob } from './plan.ts';
import { podFor, trackingFinalizer } from './pods.ts';
import { countEnded, settle, trackedUids } from './tracking.ts';

const start = '2026-01-01T00:00:00Z';
const now = Date.parse(start) + 60_000;
const at = '2026-01-01T00:01:00Z';
const meta = (name: string) => ({ name, namespace: 'shop', uid: name, resourceVersion: '1', creationTimestamp: start });
const jobOf = (spec: Partial<JobSpec>, status: JobStatus = { startTime: start }): Job => ({
  metadata: meta('sum'),
  spec: { parallelism: 2, completions: 3, backoffLimit: 2, template: { spec: { containers: [] } }, ...spec },
  status,
});

interface Shape {
  readonly phase?: NonNullable<Pod['status']>['phase'];
  readonly index?: number;
  readonly leaving?: boolean;
  readonly counted?: boolean;
  readonly code?: number;
  readonly condition?: string;
  readonly failures?: number;
}
let serial = 0;
const pod = ({ phase = 'Running', index, leaving, counted, code, condition, failures = 0 }: Shape = {}): Pod => {
  const name = `p${serial++}`;
  const wish = index === undefined ? {} : { index, failures: { counted: failures, ignored: 0 } };
  const draft = podFor(jobOf({}), wish);
  const terminated = { exitCode: code ?? 0, finishedAt: at } as never;
  return {
    metadata: {
      ...meta(name),
      ...(draft.metadata.annotations ? { annotations: draft.metadata.annotations } : {}),
      finalizers: counted ? [] : [trackingFinalizer],
      ...(leaving ? { deletionTimestamp: start } : {}),
    },
    spec: draft.spec,
    status: {
      phase,
      ...(code === undefined ? {} : { containerStatuses: [{ name: 'main', state: { terminated } } as never] }),
      conditions: condition ? [{ type: condition, status: 'True' }] : [],
    },
  };
};
const pods = (...shapes: Shape[]) => shapes.map(pod);
const running: Shape = {};
const done: Shape = { phase: 'Succeeded' };
const broken: Shape = { phase: 'Failed', code: 1 };
const indexed = { completionMode: 'Indexed' } as const;
const show = (spec: Partial<JobSpec>, list: Pod[], status?: JobStatus): unknown[] => {
  const { create, remove, end } = planJob(gatherFacts(jobOf(spec, status), list), { record: noFailures, now });
  const made = create.map(({ index }) => index ?? 'pod');
  return end ? [made, remove.length, end.type, end.reason] : [made, remove.length];
};

const noLimit = { backoffLimit: 100 };
const cases: [name: string, spec: Partial<JobSpec>, pods: Shape[], expected: unknown[], status?: JobStatus][] = [
  ['as many as run at once', {}, [], [['pod', 'pod'], 0]],
  ['no more than are left', {}, [done, done, running], [[], 0]],
  ['all are done', {}, [done, done, done], [[], 0, 'SuccessCriteriaMet', 'CompletionsReached']],
  ['counted ones are done too', {}, [done], [[], 0, 'SuccessCriteriaMet', 'CompletionsReached'], { succeeded: 2 }],
  ['too many run', { parallelism: 1 }, [running, running], [[], 1]],
  ['a failure is replaced', {}, [broken], [['pod', 'pod'], 0]],
  ['too many failures', {}, [broken, broken, broken, running], [[], 1, 'FailureTarget', 'BackoffLimitExceeded']],
  ['one success of a work queue', { completions: undefined as never }, [done, running], [[], 0]],
  [
    'a work queue is done',
    { completions: undefined as never },
    [done],
    [[], 0, 'SuccessCriteriaMet', 'CompletionsReached'],
  ],
  ['suspended', { suspend: true }, [running, running], [[], 2]],
  ['past its deadline', { activeDeadlineSeconds: 60 }, [running], [[], 1, 'FailureTarget', 'DeadlineExceeded']],
  ['a leaving pod is replaced', {}, [{ leaving: true }, running], [['pod'], 0]],
  ['or only after its end', { podReplacementPolicy: 'Failed' }, [{ leaving: true }, running], [[], 0]],
  ['indexes in order', indexed, [{ ...done, index: 0 }, { index: 2 }], [[1], 0]],
  ['doubles of an index go', indexed, [{ index: 0 }, { index: 0 }], [[], 1]],
  ['indexes beyond the end go', indexed, [{ index: 7 }, { index: 0 }], [[], 1]],
  [
    'an index fails for good',
    { ...indexed, ...noLimit, backoffLimitPerIndex: 1 },
    [
      { ...broken, index: 0, failures: 1 },
      { ...done, index: 1 },
      { ...done, index: 2 },
    ],
    [[], 0, 'FailureTarget', 'FailedIndexes'],
  ],
  [
    'too many indexes fail',
    { ...indexed, ...noLimit, backoffLimitPerIndex: 0, maxFailedIndexes: 0 },
    [{ ...broken, index: 0 }, { index: 1 }],
    [[], 1, 'FailureTarget', 'MaxFailedIndexesExceeded'],
  ],
  [
    'an index waits after a failure',
    { ...indexed, ...noLimit, backoffLimitPerIndex: 1 },
    [{ ...broken, index: 0 }],
    [[1], 0],
  ],
  [
    'the success policy is met',
    { ...indexed, successPolicy: { rules: [{ succeededIndexes: '0,2', succeededCount: 1 }] } },
    [{ ...done, index: 2 }, { index: 0 }],
    [[], 1, 'SuccessCriteriaMet', 'SuccessPolicy'],
  ],
  [
    'the failure policy fails the job',
    { podFailurePolicy: { rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [42] } }] } },
    [{ phase: 'Failed', code: 42 }, running],
    [[], 1, 'FailureTarget', 'PodFailurePolicy'],
  ],
  [
    'ignored failures do not count',
    {
      backoffLimit: 0,
      podFailurePolicy: {
        rules: [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }],
      },
    },
    [{ phase: 'Failed', condition: 'DisruptionTarget' }],
    [['pod', 'pod'], 0],
  ],
];
describe('plan', () => {
  for (const [name, spec, list, expected, status] of cases)
    test(name, () => assert.deepEqual(show(spec, pods(...list), status && { startTime: start, ...status }), expected));
});

test('replacements wait longer after each failure, and not after a success', () => {
  const failed = pods(broken);
  const one = withEnded(noFailures, { succeeded: [], failed });
  assert.equal(waitAfter(one, now), 10_000);
  const three = withEnded(one, { succeeded: [], failed: pods(broken, broken) });
  assert.equal(waitAfter(three, now + 1000), 39_000);
  assert.deepEqual(withEnded(three, { succeeded: pods({ ...done, code: 0 }), failed: [] }), noFailures);
});

describe('tracking', () => {
  const counting = { managed: true, active: 0, ready: 0, terminating: 0, timestamp: at };
  test('ended pods are listed before their finalizers go, and counted after', () => {
    const list = pods(done, broken, running);
    const job = jobOf({});
    const { status, release } = countEnded(gatherFacts(job, list), counting);
    assert.deepEqual(status.uncountedTerminatedPods, {
      succeeded: [list[0]?.metadata.uid],
      failed: [list[1]?.metadata.uid],
    });
    assert.equal(release.length, 2);
    const settled = settle(status, new Set([list[2]?.metadata.uid ?? '']), { full: false, timestamp: at });
    assert.deepEqual([settled.succeeded, settled.failed, settled.uncountedTerminatedPods], [1, 1, {}]);
  });
  test('nothing is counted twice after a crash between the writes', () => {
    const list = pods(done);
    const job = jobOf({}, { startTime: start, uncountedTerminatedPods: { succeeded: [list[0]?.metadata.uid ?? ''] } });
    const facts = gatherFacts(job, list);
    assert.equal(facts.succeeded, 1);
    const { status } = countEnded(facts, counting);
    assert.equal(status.uncountedTerminatedPods?.succeeded?.length, 1);
    assert.equal(settle(status, new Set(), { full: false, timestamp: at }).succeeded, 1);
  });
  test('indexes are counted by themselves', () => {
    const job = jobOf(indexed, { startTime: start, completedIndexes: '0', succeeded: 1 });
    const { status } = countEnded(gatherFacts(job, pods({ ...done, index: 0 }, { ...done, index: 1 })), counting);
    assert.deepEqual([status.completedIndexes, status.succeeded], ['0,1', 2]);
  });
  test('a failed job counts the pods it stops, and ends when they are gone', () => {
    const end = { type: 'FailureTarget', reason: 'DeadlineExceeded', message: 'late' } as const;
    const list = pods(running);
    const { status } = countEnded(gatherFacts(jobOf({}), list), { ...counting, end, terminating: 1 });
    assert.deepEqual(
      status.conditions?.map(({ type }) => type),
      ['FailureTarget'],
    );
    const waiting = settle(status, new Set(), { end, full: false, timestamp: at });
    assert.deepEqual([waiting.failed, waiting.conditions?.length], [1, 1]);
    const over = settle({ ...waiting, terminating: 0 }, trackedUids([]), { end, full: false, timestamp: at });
    assert.deepEqual(
      over.conditions?.map(({ type }) => type),
      ['FailureTarget', 'Failed'],
    );
    assert.equal(over.completionTime, undefined);
  });
  test('a suspended job loses its start time, a resumed one gets a new one', () => {
    const suspended = countEnded(gatherFacts(jobOf({ suspend: true }), []), counting).status;
    assert.deepEqual([suspended.startTime, suspended.conditions?.[0]?.reason], [undefined, 'JobSuspended']);
    const resumed = countEnded(gatherFacts(jobOf({}, suspended), []), counting).status;
    assert.deepEqual([resumed.startTime, resumed.conditions?.[0]?.status], [at, 'False']);
  });
});

describe('index sets', () => {
  const texts: [string, string][] = [
    ['0-2,5', '0-2,5'],
    ['3,4', '3,4'],
    ['7-20', '7-9'],
    ['12', ''],
    ['', ''],
  ];
  for (const [text, wanted] of texts)
    test(`"${text}" of ten`, () => assert.equal(String(IndexSet.parse(text, 10)), wanted));
  test('operations', () => {
    const set = IndexSet.parse('0-2,5', 10);
    assert.deepEqual([set.size, set.has(2), set.has(3), set.has(5)], [4, true, false, true]);
    assert.deepEqual(set.missing(3, 10), [3, 4, 6]);
    assert.deepEqual(set.missing(9, 7), [3, 4, 6]);
    assert.equal(String(set.union(IndexSet.of([3, 9]))), '0-3,5,9');
    assert.equal(set.sharedWith(IndexSet.parse('1-5', 10)), 3);
  });
});
