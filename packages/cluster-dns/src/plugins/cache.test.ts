import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@typernetes/base/testing';
import { type Answer, decode, encode } from 'dns-packet';
import { answerOf, linesOf, makeHandler, makeQuery } from '../testing/queries.ts';
import { cachePlugin, lifeOf, parseCache } from './cache.ts';

const soa = { mname: 'ns.example.com', rname: 'root.example.com', minimum: 7 };
const cached = (text: string, clock: FakeClock, next: ReturnType<typeof makeHandler>) =>
  cachePlugin(parseCache(linesOf(text), ['.']), { clock })(next);
const times = ({ answers }: { readonly answers?: Answer[] | undefined }): unknown[] =>
  (answers ?? []).map((record) => 'ttl' in record && record.ttl);

test('caches a response while it is valid, and reports its remaining time to live', async () => {
  const clock = new FakeClock();
  const upstream = makeHandler({
    answers: [
      { name: 'example.com', type: 'CNAME', ttl: 300, data: 'www.example.com' },
      { name: 'www.example.com', type: 'A', ttl: 20, data: '192.0.2.1' },
    ],
  });
  const cache = cached('cache 30', clock, upstream);
  assert.deepEqual(times(await answerOf(cache, makeQuery('example.com'))), [20, 20]);
  await clock.advance(5000);
  const again = await answerOf(cache, makeQuery('example.com', 'A', 2));
  assert.deepEqual([again.id, times(again), again.by], [2, [15, 15], 'cache']);
  assert.equal(upstream.asked.length, 1);
  await cache(makeQuery('example.com', 'AAAA'));
  assert.equal(upstream.asked.length, 2, 'another question');
  await clock.advance(15_000);
  await cache(makeQuery('example.com'));
  assert.equal(upstream.asked.length, 3);
});

test('limits cache times by the settings, and for missing names by their zone', async () => {
  const clock = new FakeClock();
  const long = makeHandler({ answers: [{ name: 'example.com', type: 'A', ttl: 86_400, data: '192.0.2.1' }] });
  const cache = cached('cache 30', clock, long);
  assert.deepEqual(times(await answerOf(cache, makeQuery('example.com'))), [30]);
  await clock.advance(30_000);
  await cache(makeQuery('example.com'));
  assert.equal(long.asked.length, 2);
  const missing = makeHandler({ authorities: [{ name: 'example.com', type: 'SOA', ttl: 600, data: soa }], code: 3 });
  const denials = cached('cache 30', clock, missing);
  for (const [waitMs, count] of [
    [0, 1],
    [6000, 1],
    [1000, 2],
  ] as const) {
    await clock.advance(waitMs);
    await denials(makeQuery('example.com'));
    assert.equal(missing.asked.length, count);
  }
});

test('does not cache disabled zones: kubeadm disables those of the cluster', async () => {
  const upstream = makeHandler({ answers: [{ name: 'a.cluster.local', type: 'A', ttl: 30, data: '10.96.0.1' }] });
  const cache = cached('cache 30 {\ndisable success cluster.local\n}', new FakeClock(), upstream);
  for (let i = 0; i < 2; i++) await cache(makeQuery('a.cluster.local'));
  assert.equal(upstream.asked.length, 2);
  for (let i = 0; i < 2; i++) await cache(makeQuery('a.example'));
  assert.equal(upstream.asked.length, 3);
});

test('caches failures for five seconds, or as configured', async () => {
  for (const [text, counts] of [
    ['cache', [1, 1, 2]],
    ['cache {\nservfail 0\n}', [1, 2, 3]],
  ] as const) {
    const clock = new FakeClock();
    const failing = makeHandler({ code: 2 });
    const cache = cached(text, clock, failing);
    for (const [i, waitMs] of [0, 4000, 1000].entries()) {
      await clock.advance(waitMs);
      await cache(makeQuery('example.com'));
      assert.equal(failing.asked.length, counts[i], text);
    }
  }
});

test('serves stale responses while refreshing them, and prefetches popular ones', async () => {
  const clock = new FakeClock();
  const upstream = makeHandler({ answers: [{ name: 'example.com', type: 'A', ttl: 20, data: '192.0.2.1' }] });
  const stale = cached('cache {\nserve_stale 1h\n}', clock, upstream);
  await stale(makeQuery('example.com'));
  await clock.advance(60_000);
  const old = await answerOf(stale, makeQuery('example.com'));
  assert.deepEqual([old.by, times(old), upstream.asked.length], ['cache', [0], 2]);
  const popular = makeHandler({ answers: [{ name: 'example.com', type: 'A', ttl: 20, data: '192.0.2.1' }] });
  const prefetching = cached('cache {\nprefetch 2 1m 50%\n}', clock, popular);
  for (let i = 0; i < 3; i++) {
    await prefetching(makeQuery('example.com'));
    await clock.advance(5500);
  }
  assert.equal(popular.asked.length, 2, 'once in the first half, and again in the second');
});

test('does not cache truncated or malformed responses', () => {
  const answers: Answer[] = [{ name: 'example.com', type: 'A', ttl: 20, data: '192.0.2.1' }];
  const whole = encode({ type: 'response', id: 1, questions: [{ name: 'example.com', type: 'A' }], answers });
  assert.equal(lifeOf(whole)?.seconds, 20);
  assert.equal(lifeOf(whole.subarray(0, -2)), undefined);
  assert.equal(lifeOf(whole.subarray(0, 20)), undefined);
  const truncated = Buffer.from(whole);
  truncated[2] = (truncated[2] ?? 0) | 0x02;
  assert.equal(lifeOf(truncated), undefined);
  assert.equal(decode(whole).answers?.length, 1);
});
