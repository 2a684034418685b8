import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@typernetes/base/testing';
import { Deadlines, isLongRunning, timeLimitOf, withinTime } from './deadline.ts';
import { parseRequestInfo } from './parse-request-info.ts';

test('a request may ask for less than a minute', () => {
  const limits = ['', 'timeout=34s', 'timeout=5m', 'timeout=0s'].map((query) =>
    timeLimitOf(new URLSearchParams(query)),
  );
  assert.deepEqual(limits, [60_000, 34_000, 60_000, 60_000]);
  assert.throws(() => timeLimitOf(new URLSearchParams('timeout=soon')), {
    message: 'invalid timeout specified in the request URL - time: invalid duration "soon"',
  });
});

test('streams have no limit', () => {
  const of = (path: string, query = '') => isLongRunning(parseRequestInfo('GET', path, new URLSearchParams(query)));
  assert.ok(of('/api/v1/pods', 'watch=1'));
  assert.ok(of('/api/v1/namespaces/a/pods/b/log'));
  assert.ok(of('/api/v1/namespaces/a/services/b/proxy/x'));
  assert.ok(of('/debug/pprof/profile', 'seconds=90'));
  assert.ok(!of('/api/v1/namespaces/a/pods/b'));
});

test('exceeding the limit is a Timeout', async () => {
  const clock = new FakeClock();
  const late = withinTime(new Promise<string>(() => {}), 1000, clock);
  const expected = assert.rejects(late, { reason: 'Timeout', code: 504 });
  await clock.advance(1000);
  await expected;
  assert.equal(await withinTime(Promise.resolve('in time'), 1000, clock), 'in time');
});

test('many share one timer, each with its own deadline', async () => {
  const clock = new FakeClock();
  const deadlines = new Deadlines(clock);
  const never = (): Promise<string> => new Promise(() => {});
  const ended: string[] = [];
  const bound = (name: string, work: Promise<string>, ms: number): void => {
    deadlines.within(work, ms).then(
      (result) => ended.push(`${name} ${result}`),
      ({ reason }) => ended.push(`${name} ${reason}`),
    );
  };
  bound('a', never(), 1000);
  bound('done', Promise.resolve('in time'), 1000);
  bound('failed', Promise.reject(Object.assign(new Error('x'), { reason: 'Conflict' })), 1000);
  await clock.advance(400);
  bound('b', never(), 1000);
  bound('short', never(), 100);
  assert.deepEqual(ended, ['done in time', 'failed Conflict']);
  await clock.advance(100);
  await clock.advance(500);
  assert.deepEqual(ended.slice(2), ['short Timeout', 'a Timeout']);
  await clock.advance(399);
  assert.equal(ended.length, 4);
  await clock.advance(1);
  assert.deepEqual(ended.slice(4), ['b Timeout']);
  // Nothing waits any more: the next one starts a new timer.
  bound('c', never(), 1000);
  await clock.advance(1000);
  assert.deepEqual(ended.slice(5), ['c Timeout']);
});
