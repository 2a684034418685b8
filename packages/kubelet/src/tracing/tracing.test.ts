import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ApiRequest, Transport } from '@typernetes/client';
import type { Attributes, SpanOptions, TraceContext, Tracer } from '@typernetes/process/tracing';
import { deleted, PodMachine, podOf } from '../testing/pod-machine.ts';
import { tracedServer } from './traced-server.ts';
import { tracedTransport } from './traced-transport.ts';

/** Spans in the order of their start, with their attributes and whether they failed. */
function recorder() {
  const spans: (SpanOptions & { readonly said: Attributes[]; failed: boolean })[] = [];
  const tracer: Pick<Tracer, 'span' | 'headers'> = {
    span: (options, run) => {
      const span = { ...options, said: [] as Attributes[], failed: false };
      spans.push(span);
      return run({
        set: (attributes) => void span.said.push(attributes),
        fail: () => {
          span.failed = true;
        },
      });
    },
    headers: () => ({ traceparent: '00-here' }),
  };
  return { spans, tracer };
}

test('each round of a pod is a span, while it runs and when it ends', async (t) => {
  const { spans, tracer } = recorder();
  const folder = await mkdtemp(join(tmpdir(), 'kubelet-'));
  const machine = new PodMachine(folder, { deps: { tracer } });
  t.after(async () => {
    await machine.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const pod = podOf('p');
  machine.workers.set(pod);
  await machine.until(() => machine.statuses.last(pod)?.phase === 'Running');
  const [first] = spans;
  assert.equal(first?.name, 'syncPod');
  assert.deepEqual(first.attributes, {
    'k8s.pod.uid': 'uid-p',
    'k8s.pod': 'default/p',
    'k8s.pod.name': 'p',
    'k8s.pod.update_type': 'create',
    'k8s.namespace.name': 'default',
  });
  assert.ok(spans.every(({ name }) => name === 'syncPod'));
  machine.workers.set(deleted(pod));
  await machine.until(() => spans.at(-1)?.name === 'syncTerminatingPod');
});

test('requests to the kubelet are spans named after their routes', () => {
  const { spans, tracer } = recorder();
  const sender: TraceContext = { traceId: 'a', spanId: 'b', sampled: true, state: '' };
  const senderIn = ({ traceparent }: { readonly traceparent?: string | undefined }) =>
    traceparent === 'theirs' ? sender : undefined;
  const ask = (url: string, status: number, headers: IncomingMessage['headers'] = {}): void => {
    const response = Object.assign(new EventEmitter(), { statusCode: status });
    const handle = tracedServer(() => {}, { tracer: tracer as Tracer, senderIn });
    handle({ method: 'GET', url, headers } as IncomingMessage, response as unknown as ServerResponse);
    response.emit('close');
  };
  ask('/containerLogs/default/p/c?follow=true', 200, { traceparent: 'theirs' });
  ask('/metrics/cadvisor', 500);
  ask('/nobody/knows', 404);
  assert.deepEqual(
    spans.map(({ name, kind, parent, said, failed }) => [name, kind, parent, said, failed]),
    [
      [
        '/containerLogs/{podNamespace}/{podID}/{containerName}',
        'server',
        sender,
        [{ 'http.response.status_code': 200 }],
        false,
      ],
      ['/metrics/cadvisor', 'server', undefined, [{ 'http.response.status_code': 500 }], true],
      ['/', 'server', undefined, [{ 'http.response.status_code': 404 }], false],
    ],
  );
  assert.equal(spans[0]?.attributes?.['url.path'], '/containerLogs/default/p/c');
});

test('the API server joins the traces of its callers', async () => {
  const { spans, tracer } = recorder();
  const sent: ApiRequest[] = [];
  const plain: Transport = {
    request: async (request) => {
      sent.push(request);
      return { status: 200, headers: {}, body: (async function* () {})() };
    },
    upgrade: () => Promise.reject(new Error('no')),
    close: () => {},
  };
  const transport = tracedTransport(plain, tracer);
  await transport.request({ method: 'PATCH', path: '/api/v1/nodes/n/status?pretty=true', headers: { accept: 'x' } });
  assert.deepEqual(sent[0]?.headers, { accept: 'x', traceparent: '00-here' });
  assert.deepEqual(
    spans.map(({ name, kind, attributes }) => [name, kind, attributes?.['url.path']]),
    [['HTTP PATCH', 'client', '/api/v1/nodes/n/status']],
  );
  await assert.rejects(transport.upgrade({ method: 'GET', path: '/' }), { message: 'no' });
});
