import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@typernetes/base/testing';
import type { EndedSpan } from './span.ts';
import { Tracer } from './tracer.ts';

/** A tracer with trace ids from `chance`, and its recorded spans. */
function traced(samplingRatePerMillion: number, chance = 0.25) {
  const clock = new FakeClock(1_700_000_000_000);
  const spans: EndedSpan[] = [];
  let calls = 0;
  // No two numbers are the same, and the leading digits are those of `chance`.
  const random = { next: () => chance + ++calls / 2 ** 32 };
  const tracer = new Tracer({ clock, random, samplingRatePerMillion, record: (span) => void spans.push(span) });
  return { tracer, spans, clock };
}

const sender = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7', sampled: true, state: 'a=1' };

test('spans nest, also across awaits', async () => {
  const { tracer, spans } = traced(1_000_000);
  await tracer.span({ name: 'outer', kind: 'server', attributes: { a: 1 } }, async (live) => {
    await Promise.resolve();
    tracer.span({ name: 'inner' }, () =>
      assert.match(tracer.headers().traceparent ?? '', /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/),
    );
    live.set({ b: 'two' });
  });
  const [inner, outer] = spans;
  assert.deepEqual([inner?.name, outer?.name, outer?.kind], ['inner', 'outer', 'server']);
  assert.equal(inner?.parentSpanId, outer?.context.spanId);
  assert.equal(inner?.context.traceId, outer?.context.traceId);
  assert.equal(outer?.parentSpanId, undefined);
  assert.deepEqual(outer?.attributes, { a: 1, b: 'two' });
  assert.deepEqual(tracer.headers(), {});
});

test('records failures, and passes them on', async () => {
  const { tracer, spans } = traced(1_000_000);
  const refuse = (): never => {
    throw new Error('no');
  };
  assert.throws(() => tracer.span({ name: 'at once' }, refuse), { message: 'no' });
  await assert.rejects(
    tracer.span({ name: 'later' }, async () => refuse()),
    { message: 'no' },
  );
  assert.deepEqual(
    spans.map(({ name, failure }) => [name, failure]),
    [
      ['at once', 'no'],
      ['later', 'no'],
    ],
  );
});

test('samples a continued trace as its sender says, and an own one by its id', () => {
  const { tracer, spans } = traced(0);
  tracer.span({ name: 'part', parent: sender }, () => {
    const { traceparent, tracestate } = tracer.headers();
    assert.match(traceparent ?? '', new RegExp(`^00-${sender.traceId}-(?!${sender.spanId})[0-9a-f]{16}-01$`));
    assert.equal(tracestate, 'a=1');
  });
  assert.deepEqual(
    spans.map(({ name, parentSpanId }) => [name, parentSpanId]),
    [['part', sender.spanId]],
  );
  tracer.span({ name: 'unasked', parent: { ...sender, sampled: false } }, () => {});
  tracer.span({ name: 'ours' }, () => assert.match(tracer.headers().traceparent ?? '', /-00$/));
  assert.equal(spans.length, 1);
  for (const [rate, recorded] of [
    [200_000, 0],
    [300_000, 1],
  ] as const) {
    const own = traced(rate);
    own.tracer.span({ name: 'ours' }, () => {});
    assert.equal(own.spans.length, recorded, String(rate));
  }
});

test('a trace context of an untrusted sender starts a new trace with a link', () => {
  const { tracer, spans } = traced(1_000_000);
  tracer.span({ name: 'public', link: sender }, () => {});
  assert.notEqual(spans[0]?.context.traceId, sender.traceId);
  assert.equal(spans[0]?.parentSpanId, undefined);
  assert.deepEqual(spans[0]?.links, [sender]);
});
