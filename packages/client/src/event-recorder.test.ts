import assert from 'node:assert/strict';
import { test } from 'node:test';
import { events } from '@typernetes/api/core/v1';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { StatusError } from '@typernetes/machinery';
import { eventRecorder } from './event-recorder.ts';
import { FakeApi } from './testing/index.ts';

const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'shop', uid: 'u1' } };

function recording() {
  const clock = new FakeClock();
  const api = new FakeApi({ clock });
  const recorder = eventRecorder({ client: api, component: 'kubelet', host: 'node-1', clock, log: silentLogger });
  return { clock, api, recorder };
}

test('a repeated event is counted, a different one is new', async () => {
  const { clock, api, recorder } = recording();
  recorder.event(pod, 'Normal', 'Pulled', 'Container image already present');
  await recorder.flush();
  await clock.advance(5000);
  recorder.event(pod, 'Normal', 'Pulled', 'Container image already present');
  recorder.event({ ...pod, fieldPath: 'spec.containers{web}' }, 'Normal', 'Created', 'Created container');
  await recorder.flush();
  const { items } = await api.resource(events).list();
  assert.deepEqual(
    items.map((e) => [e.reason, e.count, e.firstTimestamp, e.lastTimestamp, e.involvedObject.fieldPath]),
    [
      ['Pulled', 2, '2026-01-01T00:00:00Z', '2026-01-01T00:00:05Z', undefined],
      ['Created', 1, '2026-01-01T00:00:05Z', '2026-01-01T00:00:05Z', 'spec.containers{web}'],
    ],
  );
  assert.match(items[0]?.metadata.name ?? '', /^web\.[0-9a-f]{16}$/);
  assert.deepEqual(items[0]?.source, { component: 'kubelet', host: 'node-1' });
});

test('an event that has expired is begun again', async () => {
  const { api, recorder } = recording();
  recorder.event(pod, 'Warning', 'Failed', 'x');
  await recorder.flush();
  await api.resource(events).deleteCollection({});
  recorder.event(pod, 'Warning', 'Failed', 'x');
  await recorder.flush();
  assert.deepEqual(
    (await api.resource(events).list()).items.map((e) => e.count),
    [1],
  );
});

test('a flood is combined, then dropped, and resumes later', async () => {
  const { clock, api, recorder } = recording();
  for (let i = 0; i < 40; i++) recorder.event(pod, 'Warning', 'Failed', `attempt ${i}`);
  await recorder.flush();
  const { items } = await api.resource(events).list();
  assert.equal(items.length, 11);
  assert.equal(items[10]?.count, 15);
  assert.match(items[10]?.message ?? '', /^\(combined from similar events\): attempt 24$/);
  await clock.advance(300_000);
  recorder.event(pod, 'Warning', 'Other', 'again');
  await recorder.flush();
  assert.equal((await api.resource(events).list()).items.length, 12);
});

test('an event that the server refuses is dropped, an unreachable server is waited for', async () => {
  const { clock, api, recorder } = recording();
  api.fail('create events', new StatusError('Forbidden', 'namespace is being terminated'));
  recorder.event(pod, 'Normal', 'One', '');
  await recorder.flush();
  api.fail('create events', new Error('connect ECONNREFUSED'), 2);
  recorder.event(pod, 'Normal', 'Two', '');
  for (let i = 0; i < 3; i++) await clock.advance(10_000);
  await recorder.flush();
  assert.deepEqual(
    (await api.resource(events).list()).items.map((e) => e.reason),
    ['Two'],
  );
});

test('an event waits while more urgent work goes first, and only for that', async () => {
  const clock = new FakeClock();
  const api = new FakeApi({ clock });
  const stop = new AbortController();
  const waits = [1000, 0, 1000];
  const pace = { delay: () => waits.shift() ?? 1000 };
  const options = { client: api, component: 'kubelet', clock, log: silentLogger, pace, signal: stop.signal };
  const recorder = eventRecorder(options);
  const reasons = async () => (await api.resource(events).list()).items.map(({ reason }) => reason);
  recorder.event(pod, 'Normal', 'First', 'x');
  recorder.event(pod, 'Normal', 'Second', 'x');
  await clock.advance(0);
  assert.deepEqual(await reasons(), []);
  while ((await reasons()).length === 0) await clock.advance(100);
  assert.deepEqual(await reasons(), ['First']);
  // At the end the rest is written.
  stop.abort();
  await recorder.flush();
  assert.deepEqual(await reasons(), ['First', 'Second']);
});

test('at the end an unreachable server is not waited for, which would keep the process alive', async () => {
  const clock = new FakeClock();
  const api = new FakeApi({ clock });
  const stop = new AbortController();
  const recorder = eventRecorder({ client: api, component: 'kubelet', clock, log: silentLogger, signal: stop.signal });
  api.fail('create events', new Error('connect ECONNREFUSED'), 99);
  recorder.event(pod, 'Normal', 'Killing', '');
  while (clock.pending === 0) await clock.advance(0);
  stop.abort();
  await recorder.flush();
  assert.equal(clock.pending, 0);
});
