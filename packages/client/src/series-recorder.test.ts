import assert from 'node:assert/strict';
import { test } from 'node:test';
import { events } from '@typernetes/api/events/v1';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { seriesRecorder } from './series-recorder.ts';
import { FakeApi } from './testing/index.ts';

const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'shop', uid: 'u1' } };
const other = { ...pod, metadata: { ...pod.metadata, name: 'db', uid: 'u2' } };
const minute = 60_000;

function recording() {
  const clock = new FakeClock();
  const api = new FakeApi({ clock });
  const stop = new AbortController();
  const recorder = seriesRecorder({
    client: api,
    controller: 'default-scheduler',
    host: 'node-1',
    clock,
    log: silentLogger,
    signal: stop.signal,
  });
  const refuse = async (note: string) => {
    recorder.event(pod, 'Warning', 'FailedScheduling', note, { action: 'Scheduling' });
    await recorder.flush();
  };
  const series = async () => (await api.resource(events).list()).items.map((event) => event.series);
  return { clock, api, stop, recorder, refuse, series };
}

test('an event says what was done, to what, and because of what', async () => {
  const { api, recorder } = recording();
  recorder.event(pod, 'Normal', 'Preempted', 'Preempted by pod u2', { action: 'Preempting', related: other });
  await recorder.flush();
  const [{ metadata, apiVersion: _, kind: __, ...event } = assert.fail()] = (await api.resource(events).list()).items;
  assert.deepEqual([metadata.namespace, /^web\.[0-9a-f]{16}$/.test(metadata.name)], ['shop', true]);
  assert.deepEqual(event, {
    eventTime: '2026-01-01T00:00:00.000000Z',
    reportingController: 'default-scheduler',
    reportingInstance: 'default-scheduler-node-1',
    action: 'Preempting',
    reason: 'Preempted',
    regarding: { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'web', uid: 'u1' },
    related: { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'db', uid: 'u2' },
    note: 'Preempted by pod u2',
    type: 'Normal',
  });
});

test('the second occurrence makes a series, whose end is written when nothing has followed for six minutes', async () => {
  const { clock, refuse, series } = recording();
  await refuse('0/1 nodes are available');
  assert.deepEqual(await series(), [undefined]);
  await clock.advance(minute);
  await refuse('0/2 nodes are available');
  await clock.advance(minute);
  await refuse('0/2 nodes are available');
  assert.deepEqual(await series(), [{ count: 2, lastObservedTime: '2026-01-01T00:01:00.000000Z' }]);
  await clock.advance(12 * minute);
  assert.deepEqual(await series(), [{ count: 3, lastObservedTime: '2026-01-01T00:02:00.000000Z' }]);
  assert.equal(clock.pending, 0);
  await refuse('0/2 nodes are available');
  assert.deepEqual((await series()).length, 2);
});

test('a series that goes on is written every half hour, anew if it has expired', async () => {
  const { clock, api, stop, refuse, series } = recording();
  for (let at = 0; at < 30; at += 5) {
    await refuse('0/1 nodes are available');
    if (at === 10) await api.resource(events).deleteCollection({});
    await clock.advance(5 * minute);
  }
  assert.deepEqual(await series(), [{ count: 6, lastObservedTime: '2026-01-01T00:25:00.000000Z' }]);
  stop.abort();
  await clock.advance(0);
  assert.equal(clock.pending, 0);
});

test('a note is cut off where the API takes no more', async () => {
  const { api, refuse } = recording();
  await refuse(`${'x'.repeat(1019)}é${'x'.repeat(100)}`);
  const [event] = (await api.resource(events).list()).items;
  assert.equal(event?.note, `${'x'.repeat(1019)} ...`);
});
