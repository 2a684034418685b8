import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cronjobs, jobs } from '@typernetes/api/batch/v1';
import { runController } from '../testing/index.ts';
import { cronJobController } from './register.ts';

const ref = { namespace: 'shop', name: 'tick' };

test('starts a job at each time, lists it while it runs, and keeps no more than the limit', () =>
  runController(cronJobController, async ({ api, clock, events, settle }) => {
    await api.resource(cronjobs).create({
      metadata: ref,
      spec: { schedule: '* * * * *', successfulJobsHistoryLimit: 1, jobTemplate: { spec: { template: {} } } },
    });
    await settle();
    const finish = async () => {
      const { items } = await api.resource(jobs).list();
      const [job] = items.filter(({ status }) => !status?.completionTime);
      assert.ok(job);
      const completionTime = new Date(clock.now()).toISOString().replace('.000Z', 'Z');
      const status = { completionTime, startTime: completionTime, conditions: [{ type: 'Complete', status: 'True' }] };
      await api.resource(jobs).updateStatus({ ...job, status });
      await settle();
    };
    await clock.advance(60_100);
    await settle();
    const started = await api.resource(cronjobs).get(ref);
    assert.deepEqual(
      started.status?.active?.map(({ kind, name }) => [kind, name?.startsWith('tick-')]),
      [['Job', true]],
    );
    assert.equal(started.status?.lastScheduleTime, '2026-01-01T00:01:00Z');
    await finish();
    assert.equal((await api.resource(cronjobs).get(ref)).status?.active, undefined);
    await clock.advance(60_000);
    await settle();
    await finish();
    assert.equal((await api.resource(jobs).list()).items.length, 1);
    const reasons = events.seen.map((event) => event.split(' ')[1]);
    assert.deepEqual(reasons.slice(0, 3), ['SuccessfulCreate', 'SawCompletedJob', 'SuccessfulCreate']);
    assert.deepEqual(reasons.slice(3).sort(), ['SawCompletedJob', 'SuccessfulDelete']);
  }));
