import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CronJob, CronJobSpec, CronJobStatus, Job } from '@typernetes/api/batch/v1';
import { planCronJob, reviewHistory } from './plan.ts';

const created = '2026-01-01T00:00:00Z';
const meta = (name: string) => ({
  name,
  namespace: 'shop',
  uid: name,
  resourceVersion: '1',
  creationTimestamp: created,
});
const cronOf = (spec: Partial<CronJobSpec>, status: CronJobStatus = {}): CronJob => ({
  metadata: meta('tick'),
  spec: { schedule: '0 * * * *', concurrencyPolicy: 'Allow', jobTemplate: { spec: { template: {} } }, ...spec },
  status,
});
const running = [{ name: 'tick-1', uid: 'u1' }];

const cases: [name: string, spec: Partial<CronJobSpec>, now: string, shown: unknown[], status?: CronJobStatus][] = [
  ['not yet', {}, '2026-01-01T00:59:59Z', [undefined, 1_100]],
  ['due', {}, '2026-01-01T01:00:00Z', ['2026-01-01T01:00:00Z', 3_600_100]],
  ['the latest of those missed', {}, '2026-01-01T05:30:00Z', ['2026-01-01T05:00:00Z', 1_800_100]],
  ['run already', {}, '2026-01-01T01:30:00Z', [undefined, 1_800_100], { lastScheduleTime: '2026-01-01T01:00:00Z' }],
  ['suspended', { suspend: true }, '2026-01-01T01:00:00Z', [undefined, undefined]],
  ['past the starting deadline', { startingDeadlineSeconds: 60 }, '2026-01-01T01:05:00Z', [undefined, 3_300_100]],
  [
    'within the starting deadline',
    { startingDeadlineSeconds: 600 },
    '2026-01-01T01:05:00Z',
    ['2026-01-01T01:00:00Z', 3_300_100],
  ],
  ['many missed', {}, '2026-01-09T00:30:00Z', ['2026-01-09T00:00:00Z', 1_800_100, 'TooManyMissedTimes']],
  [
    'forbidden beside another',
    { concurrencyPolicy: 'Forbid' },
    '2026-01-01T01:00:00Z',
    [undefined, 3_600_100, 'JobAlreadyActive'],
    { active: running },
  ],
  [
    'instead of another',
    { concurrencyPolicy: 'Replace' },
    '2026-01-01T01:00:00Z',
    ['2026-01-01T01:00:00Z', 3_600_100, 'tick-1'],
    { active: running },
  ],
  [
    'an unreadable schedule',
    { schedule: 'x * * * *' },
    '2026-01-01T01:00:00Z',
    [undefined, undefined, 'UnparseableSchedule'],
  ],
  ['an unknown zone', { timeZone: 'Nowhere' }, '2026-01-01T01:00:00Z', [undefined, undefined, 'UnknownTimeZone']],
];
describe('plan', () => {
  for (const [name, spec, now, shown, status] of cases)
    test(name, () => {
      const { start, requeueAfterMs, events } = planCronJob(cronOf(spec, status), Date.parse(now));
      const rest = [...events.map(({ reason }) => reason), ...(start?.replace ?? []).map((one) => one.name)];
      assert.deepEqual([start?.scheduled, requeueAfterMs, ...rest], shown);
    });

  test('the job has the minute in its name and the local time in an annotation', () => {
    const { start } = planCronJob(cronOf({ timeZone: 'Europe/Berlin' }), Date.parse('2026-01-01T01:00:00Z'));
    assert.equal(start?.job.metadata.name, `tick-${Date.parse('2026-01-01T01:00:00Z') / 60_000}`);
    const annotations = { 'batch.kubernetes.io/cronjob-scheduled-timestamp': '2026-01-01T02:00:00+01:00' };
    assert.deepEqual(start?.job.metadata.annotations, annotations);
  });
});

const jobOf = (name: string, end?: 'Complete' | 'Failed', completionTime?: string): Job => ({
  metadata: meta(name),
  spec: { template: {} },
  status: {
    startTime: completionTime ?? created,
    ...(completionTime ? { completionTime } : {}),
    conditions: end ? [{ type: end, status: 'True' }] : [],
  },
});
describe('history', () => {
  test('ended jobs are no longer active; missing ones are reported', () => {
    const active = ['done', 'lost', 'busy'].map((name) => ({ name, uid: name }));
    const children = [jobOf('done', 'Complete', '2026-01-01T02:00:00Z'), jobOf('busy'), jobOf('strange')];
    const { status, events } = reviewHistory(cronOf({}, { active }), children, new Set(['lost']));
    assert.deepEqual(
      [status.active?.map(({ name }) => name), status.lastSuccessfulTime],
      [['busy'], '2026-01-01T02:00:00Z'],
    );
    assert.deepEqual(
      events.map(({ message }) => message),
      [
        'Saw completed job: done, condition: Complete',
        'Saw a job that the controller did not create or forgot: strange',
        'Active job went missing: lost',
      ],
    );
  });
  test('the oldest go beyond the limits', () => {
    const children = [3, 1, 2].map((hour) => jobOf(`job-${hour}`, 'Complete', `2026-01-01T0${hour}:00:00Z`));
    const spec = { successfulJobsHistoryLimit: 1, failedJobsHistoryLimit: 0 };
    const { expired } = reviewHistory(cronOf(spec), [...children, jobOf('bad', 'Failed')], new Set());
    assert.deepEqual(
      expired.map(({ metadata }) => metadata.name),
      ['job-1', 'job-2', 'bad'],
    );
  });
});
