import assert from 'node:assert/strict';
import { test } from 'node:test';
import { traceContextIn, traceHeaders } from './trace-context.ts';

const [traceId, spanId] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7'];
const read = (traceparent: string) => traceContextIn({ traceparent });

test('parses and formats trace contexts as W3C specifies', () => {
  const context = { traceId, spanId, sampled: true, state: 'vendor=1' };
  const headers = { traceparent: `00-${traceId}-${spanId}-01`, tracestate: 'vendor=1' };
  assert.deepEqual(traceContextIn(headers), context);
  assert.deepEqual(traceHeaders(context), headers);
  assert.equal(read(`00-${traceId}-${spanId}-02`)?.sampled, false);
  assert.equal(read(`cc-${traceId}-${spanId}-01-what-the-future-holds`)?.sampled, true);
  assert.deepEqual(traceHeaders({ traceId, spanId, sampled: false, state: '' }), {
    traceparent: `00-${traceId}-${spanId}-00`,
  });
});

test('rejects invalid trace contexts', () => {
  for (const wrong of [
    '',
    `ff-${traceId}-${spanId}-01`,
    `00-${traceId}-${spanId}-01-more`,
    `00-${'0'.repeat(32)}-${spanId}-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `00-${traceId.toUpperCase()}-${spanId}-01`,
    `00-${traceId}-${spanId}`,
  ])
    assert.equal(read(wrong), undefined, wrong);
  assert.equal(traceContextIn({}), undefined);
});
