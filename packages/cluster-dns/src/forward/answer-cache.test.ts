import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@typernetes/base/testing';
import { type Answer, decode, encode } from 'dns-packet';
import { cachedForwarder, lifeOf } from './answer-cache.ts';

const query = (id: number, name = 'example.com', type: 'A' | 'AAAA' = 'A'): Buffer =>
  encode({ type: 'query', id, flags: 0x0100, questions: [{ name, type }] });
const soa = { mname: 'ns.example.com', rname: 'root.example.com', minimum: 7 };

/** Answers with these records, a code in the low bits of the flags. */
function upstream(sections: { answers?: Answer[]; authorities?: Answer[] }, code = 0) {
  let asked = 0;
  const forwarder = {
    forward: async (message: Buffer) => {
      asked++;
      const { id, questions } = decode(message);
      return encode({ type: 'response', id, flags: 0x8180 | code, questions, ...sections });
    },
  };
  return { forwarder, asked: () => asked };
}

const { signal } = new AbortController();

test('an answer is kept for as long as it is good, and says how long it still is', async () => {
  const clock = new FakeClock();
  const records: Answer[] = [
    { name: 'example.com', type: 'CNAME', ttl: 300, data: 'www.example.com' },
    { name: 'www.example.com', type: 'A', ttl: 20, data: '192.0.2.1' },
  ];
  const { forwarder, asked } = upstream({ answers: records });
  const cache = cachedForwarder(forwarder, clock);
  await cache.forward(query(1), signal);
  await clock.advance(5000);
  const again = decode(await cache.forward(query(2), signal));
  assert.deepEqual([again.id, again.answers?.map((record) => 'ttl' in record && record.ttl)], [2, [295, 15]]);
  assert.equal(asked(), 1);
  await cache.forward(query(3, 'example.com', 'AAAA'), signal);
  assert.equal(asked(), 2, 'another question');
  await clock.advance(15_000);
  await cache.forward(query(4), signal);
  assert.equal(asked(), 3);
});

test('nothing is kept longer than half a minute, nor names that do not exist longer than their zone says', async () => {
  const clock = new FakeClock();
  const long = upstream({ answers: [{ name: 'example.com', type: 'A', ttl: 86_400, data: '192.0.2.1' }] });
  const cache = cachedForwarder(long.forwarder, clock);
  await cache.forward(query(1), signal);
  await clock.advance(30_000);
  await cache.forward(query(1), signal);
  assert.equal(long.asked(), 2);
  const missing = upstream({ authorities: [{ name: 'example.com', type: 'SOA', ttl: 600, data: soa }] }, 3);
  const denials = cachedForwarder(missing.forwarder, clock);
  for (const [waitMs, times] of [
    [0, 1],
    [6000, 1],
    [1000, 2],
  ] as const) {
    await clock.advance(waitMs);
    await denials.forward(query(1), signal);
    assert.equal(missing.asked(), times);
  }
});

test('failures, truncated answers and what cannot be read are not kept', async () => {
  const clock = new FakeClock();
  const failing = upstream({}, 2);
  const cache = cachedForwarder(failing.forwarder, clock);
  await cache.forward(query(1), signal);
  await cache.forward(query(1), signal);
  assert.equal(failing.asked(), 2);
  const answers: Answer[] = [{ name: 'example.com', type: 'A', ttl: 20, data: '192.0.2.1' }];
  const whole = encode({ type: 'response', id: 1, questions: [{ name: 'example.com', type: 'A' }], answers });
  assert.equal(lifeOf(whole).seconds, 20);
  assert.equal(lifeOf(whole.subarray(0, -2)).seconds, 0);
  assert.equal(lifeOf(whole.subarray(0, 20)).seconds, 0);
  const truncated = Buffer.from(whole);
  truncated[2] = (truncated[2] ?? 0) | 0x02;
  assert.equal(lifeOf(truncated).seconds, 0);
});
