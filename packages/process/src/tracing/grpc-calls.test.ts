import assert from 'node:assert/strict';
import { test } from 'node:test';
import { grpcCalls } from './grpc-calls.ts';
import type { SpanOptions } from './tracer.ts';

test('gRPC calls are spans named after their methods, and propagate the trace', async () => {
  const spans: SpanOptions[] = [];
  const calls = grpcCalls({
    span: (options, run) => {
      spans.push(options);
      return run({ set: () => {}, fail: () => {} });
    },
    headers: () => ({ traceparent: 'here' }),
  });
  assert.equal(await calls('/runtime.v1.RuntimeService/Version', async ({ traceparent }) => traceparent), 'here');
  assert.deepEqual(spans, [
    {
      name: 'runtime.v1.RuntimeService/Version',
      kind: 'client',
      attributes: { 'rpc.system': 'grpc', 'rpc.service': 'runtime.v1.RuntimeService', 'rpc.method': 'Version' },
    },
  ]);
});
