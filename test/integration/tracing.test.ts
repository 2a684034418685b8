import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { validatingwebhookconfigurations } from '@typernetes/api/admissionregistration/v1';
import { loopbackUser, openTracing } from '@typernetes/apiserver';
import { silentLogger } from '@typernetes/base/testing';
import { readBody, type Transport } from '@typernetes/client';
import { eventually, withRestartableApi } from './api.ts';
import { startEtcd } from './etcd-server.ts';
import { type CollectedSpan, startCollector } from './otlp-collector.ts';
import { withTlsHook } from './tls-hook.ts';

const folder = mkdtempSync(join(tmpdir(), 'tracing-'));
const collector = await startCollector();
const etcd = await startEtcd();
after(async () => {
  collector.close();
  await etcd.remove();
  rmSync(folder, { recursive: true, force: true });
});

let files = 0;
const configuration = (lines: string, head = 'apiVersion: apiserver.k8s.io/v1beta1\nkind: TracingConfiguration\n') => {
  const file = join(folder, `tracing-${++files}.yaml`);
  writeFileSync(file, head + lines);
  return file;
};
const flagOf = (rate: number): string =>
  `--tracing-config-file=${configuration(`endpoint: ${collector.endpoint}\nsamplingRatePerMillion: ${rate}\n`)}`;

const [traceId, spanId] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7'];
const traceparent = `00-${traceId}-${spanId}-01`;

async function call(transport: Transport, method: string, path: string, body?: object): Promise<number> {
  const response = await transport.request({
    method,
    path,
    headers: { traceparent, 'user-agent': 'tracer', 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  await readBody(response);
  return response.status;
}

const maps = '/api/v1/namespaces/default/configmaps';
const ofTrace = (): CollectedSpan[] => collector.spans.filter((span) => span.traceId === traceId);
const named = (name: string): CollectedSpan | undefined => ofTrace().find((span) => span.name === name);
const parentOf = (name: string): string | undefined =>
  ofTrace().find((span) => span.spanId === named(name)?.parentSpanId)?.name;

test('a write is traced from the request to etcd, and webhooks continue its trace', async () => {
  const heads: (string | undefined)[] = [];
  const allow = (review: unknown, _path: string, head: string | undefined) => {
    heads.push(head);
    const { apiVersion, request } = review as { apiVersion: string; request: { uid: string } };
    return { apiVersion, kind: 'AdmissionReview', response: { uid: request.uid, allowed: true } };
  };
  await withTlsHook(allow, (hook) =>
    withRestartableApi(
      async ({ client, transport }) => {
        await client.resource(validatingwebhookconfigurations).create({
          metadata: { name: 'hooks' },
          webhooks: [
            {
              name: 'hook.example.com',
              sideEffects: 'None',
              admissionReviewVersions: ['v1'],
              rules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] }],
              clientConfig: { url: hook.url, caBundle: hook.caBundle },
            },
          ],
        });
        let made = 0;
        await eventually(async () => {
          await call(transport, 'POST', maps, { metadata: { name: `c${made++}` } });
          return heads.length > 0 || undefined;
        });
        assert.equal(await call(transport, 'GET', `${maps}/c0?pretty=true`), 200);
        assert.equal(await call(transport, 'GET', maps), 200);
        assert.equal(await call(transport, 'GET', `${maps}/nobody`), 404);
        assert.equal(await call(transport, 'PUT', `${maps}/c0`, { metadata: { name: 'c0' }, data: { a: 'b' } }), 200);
        assert.equal(await call(transport, 'DELETE', `${maps}/c0`), 200);
        assert.equal(await call(transport, 'GET', '/version'), 200);
      },
      [flagOf(0), `--etcd-servers-overrides=/configmaps#${etcd.endpoint}`],
    ),
  );
  const request = named('POST /api/v1/namespaces/{:namespace}/configmaps');
  assert.ok(
    request,
    ofTrace()
      .map(({ name }) => name)
      .join('\n'),
  );
  assert.deepEqual([request.service, request.kind, request.parentSpanId], ['apiserver', 'server', spanId]);
  const { attributes } = request;
  assert.equal(attributes['http.request.method'], 'POST');
  assert.equal(attributes['http.target'], maps);
  assert.equal(attributes['http.response.status_code'], 201);
  assert.equal(attributes['user_agent.original'], 'tracer');
  assert.match(String(attributes['audit-id']), /^[0-9a-f-]{36}$/);
  assert.ok(request.ms > 0 && request.ms < 600_000);
  assert.equal(parentOf('Create'), request.name);
  assert.equal(named('Create')?.attributes.resource, 'configmaps');
  assert.equal(parentOf('Create etcd3'), 'Create');
  const { key, type } = named('Create etcd3')?.attributes ?? {};
  assert.deepEqual([key, type], ['/configmaps/default/c0', '*core.ConfigMap']);
  assert.equal(named('etcdserverpb.KV/Txn')?.kind, 'client');
  assert.ok(['Create etcd3', 'GuaranteedUpdate etcd3'].includes(parentOf('etcdserverpb.KV/Txn') ?? ''));
  assert.equal(parentOf('HTTP POST'), 'Call validating webhook');
  assert.equal(named('Call validating webhook')?.attributes.resource, '/v1, Resource=configmaps');
  assert.ok(heads[0]?.startsWith(`00-${traceId}-`) && heads[0].endsWith('-01'));
  assert.ok(heads.some((head) => ofTrace().some((span) => span.name === 'HTTP POST' && head?.includes(span.spanId))));
  for (const name of ['Get', 'List', 'Update', 'Delete', 'GuaranteedUpdate etcd3', 'Delete etcd3', 'GET'])
    assert.ok(named(name), name);
  const read = ofTrace().find((span) => span.name === 'cacher.Get' && span.attributes.key === '/configmaps/default/c0');
  assert.equal(read?.attributes['audit-id'], named('Get')?.attributes['audit-id']);
  assert.equal(parentOf('cacher.GetList'), 'List');
  assert.equal(named('cacher.GetList')?.attributes.type, 'configmaps');
  const missing = ofTrace().find((span) => span.attributes['http.response.status_code'] === 404);
  assert.deepEqual([missing?.name, missing?.failed], ['GET /api/v1/namespaces/{:namespace}/configmaps/{:name}', false]);
  assert.equal(named('GET')?.attributes['http.target'], '/version');
});

test('sampling is configurable, and untrusted clients begin new traces', async () => {
  const before = collector.spans.length;
  const ask = (rate: number, groups: string[]) =>
    withRestartableApi(
      async ({ as }) => {
        await call(as({ ...loopbackUser, username: 'someone', groups }), 'GET', '/version');
      },
      [flagOf(rate)],
    );
  await ask(0, ['system:authenticated']);
  assert.equal(collector.spans.length, before);
  await ask(0, ['system:monitoring']);
  assert.equal(collector.spans.at(-1)?.parentSpanId, spanId);
  await ask(1_000_000, ['system:authenticated']);
  const own = collector.spans.find(({ links }) => links.length > 0);
  assert.deepEqual([own?.links, own?.parentSpanId], [[`${traceId}-${spanId}`], '']);
  assert.notEqual(own?.traceId, traceId);
});

test('reports invalid configurations', async () => {
  const open = (file: string) => openTracing(file, { log: silentLogger });
  await assert.rejects(open('/nowhere.yaml'), { message: 'tracing-config-file /nowhere.yaml does not exist' });
  await assert.rejects(open(configuration('sampling: 1\n')), {
    message:
      'failed to read tracing config: unable to decode tracing configuration data: strict decoding error: unknown field "sampling"',
  });
  await assert.rejects(open(configuration('samplingRatePerMillion: 1000001\nendpoint: http://a:1\n')), {
    message:
      'failed to validate tracing configuration: [samplingRatePerMillion: Invalid value: 1000001: sampling rate per million must be less than or equal to one million, endpoint: Invalid value: "http://a:1": unsupported scheme: http.  Options are none, dns, unix, or unix-abstract.  See https://github.com/grpc/grpc/blob/master/doc/naming.md]',
  });
  assert.equal(await open(''), undefined);
  const tracing = await open(configuration('', 'apiVersion: apiserver.k8s.io/v1\nkind: TracingConfiguration\n'));
  await tracing?.close();
});
