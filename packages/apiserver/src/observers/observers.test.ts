import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@typernetes/base/testing';
import { createMetrics } from '@typernetes/process';
import { unauthorized } from '../authentication/union.ts';
import type { UserInfo } from '../identity/user-info.ts';
import { parseRequestInfo } from '../request/parse-request-info.ts';
import { bytesReply } from '../request/reply.ts';
import type { RequestContext } from '../request/request-context.ts';
import { observedAuthentication } from './authentication-metrics.ts';
import { requestMetrics } from './request-metrics.ts';
import { storeTimes } from './store-times.ts';

function contextOf(method: string, target: string): RequestContext {
  const { pathname: path, search, searchParams: query } = new URL(target, 'http://server');
  return {
    request: {
      method,
      path,
      search,
      query,
      headers: { 'user-agent': 'kubectl/v1.35' },
      remoteAddress: '127.0.0.1',
      body: async () => new Uint8Array(),
      bodyStream: async function* () {},
      signal: new AbortController().signal,
    },
    info: parseRequestInfo(method, path, query),
    user: { username: 'admin', groups: ['system:masters'] },
    warnings: new Set(),
    auditId: 'id-1',
  };
}

test('metrics count by verb, resource, scope and code', () => {
  const metrics = createMetrics();
  const clock = new FakeClock();
  const observer = requestMetrics(metrics, { clock, isServed: ({ resource }) => resource === 'pods' });
  observer.answered(contextOf('GET', '/api/v1/namespaces/a/pods'), bytesReply(200, Buffer.from('')), 0);
  observer.answered(contextOf('POST', '/api/v1/namespaces/a/pods'), bytesReply(409, Buffer.from('')), 0);
  const watched = { status: 200, headers: {}, body: async () => {} };
  observer.answered(contextOf('GET', '/api/v1/pods?watch=1'), watched, 0);
  for (const dryRun of ['dryRun=All', 'dryRun=made-up', 'dryRun=other'])
    observer.answered(
      contextOf('DELETE', `/api/v1/namespaces/a/pods/x?${dryRun}`),
      bytesReply(200, Buffer.from('')),
      0,
    );
  observer.answered(contextOf('GET', '/healthz'), bytesReply(200, Buffer.from('')), 0);
  observer.answered(contextOf('GET', '/api/v1/made-up'), bytesReply(404, Buffer.from('')), 0);
  const text = metrics.render();
  const line = (verb: string, resource: string, scope: string, dryRun = '') =>
    `component="apiserver",dry_run="${dryRun}",group="",resource="${resource}",scope="${scope}",subresource="",verb="${verb}",version="${resource && 'v1'}"`;
  for (const expected of [
    `apiserver_request_total{code="200",${line('LIST', 'pods', 'namespace')}} 1`,
    `apiserver_request_total{code="409",${line('POST', 'pods', 'resource')}} 1`,
    `apiserver_request_total{code="200",${line('WATCH', 'pods', 'cluster')}} 1`,
    `apiserver_request_total{code="200",${line('DELETE', 'pods', 'resource', 'All')}} 1`,
    `apiserver_request_total{code="200",${line('DELETE', 'pods', 'resource', 'invalid')}} 2`,
    `apiserver_request_total{code="200",${line('GET', '', '')}} 1`,
    `apiserver_request_total{code="404",${line('GET', '', '')}} 1`,
    `apiserver_request_duration_seconds_count{${line('LIST', 'pods', 'namespace')}} 1`,
  ])
    assert.ok(text.includes(expected), expected);
  assert.ok(!text.includes(`duration_seconds_count{${line('WATCH', 'pods', 'cluster')}}`));
});

test('measures the response sizes of reads', () => {
  const metrics = createMetrics();
  const observer = requestMetrics(metrics, { clock: new FakeClock(), isServed: () => true });
  const pod = '/api/v1/namespaces/a/pods/x';
  observer.answered(contextOf('GET', pod), bytesReply(200, Buffer.alloc(1500)), 0);
  observer.answered(contextOf('PUT', pod), bytesReply(200, Buffer.alloc(1500)), 0);
  const pieces = { status: 200, headers: {}, body: [Buffer.alloc(600), Buffer.alloc(600)] };
  observer.answered(contextOf('GET', '/api/v1/namespaces/a/pods'), pieces, 0);
  const sums = metrics
    .render()
    .split('\n')
    .filter((line) => line.startsWith('apiserver_response_sizes_sum'));
  const labels = (verb: string, scope: string): string =>
    `component="apiserver",group="",resource="pods",scope="${scope}",subresource="",verb="${verb}",version="v1"`;
  assert.deepEqual(sums, [
    `apiserver_response_sizes_sum{${labels('GET', 'resource')}} 1500`,
    `apiserver_response_sizes_sum{${labels('LIST', 'namespace')}} 1200`,
  ]);
});

test('counts users by the result of authentication, with few distinct names', async () => {
  const metrics = createMetrics();
  const answers: (() => UserInfo | Promise<UserInfo>)[] = [
    () => ({ username: 'jane', groups: [] }),
    async () => ({ username: 'jane@example.com', groups: [] }),
    () => ({ username: 'admin', groups: [] }),
    () => {
      throw unauthorized();
    },
    async () => {
      throw unauthorized(new Error('expired'));
    },
  ];
  const authenticate = observedAuthentication(() => (answers.shift() as () => UserInfo)(), {
    metrics,
    clock: new FakeClock(),
  });
  const come = async (): Promise<unknown> => authenticate({} as never);
  for (let i = 0; i < 3; i++) await come();
  for (let i = 0; i < 2; i++) await assert.rejects(come(), { message: 'Unauthorized' });
  const lines = metrics.render().split('\n');
  for (const line of [
    'authentication_attempts{result="success"} 3',
    'authentication_attempts{result="failure"} 1',
    'authentication_attempts{result="error"} 1',
    'authentication_duration_seconds_count{result="success"} 3',
    'authenticated_user_requests{username="other"} 1',
    'authenticated_user_requests{username="email_id"} 1',
    'authenticated_user_requests{username="admin"} 1',
  ])
    assert.ok(lines.includes(line), line);
});

test('counts every call of the store, and measures some of the quick ones', () => {
  const metrics = createMetrics();
  const clock = new FakeClock();
  const times = storeTimes(metrics, clock)({ group: 'apps', plural: 'deployments' });
  const write = (ms: number): void => {
    const since = times.began('update');
    void clock.advance(ms);
    times.took('update', since);
  };
  for (let i = 0; i < 3; i++) write(50);
  times.failed('update');
  const labels = 'group="apps",operation="update",resource="deployments"';
  const lines = metrics.render().split('\n');
  for (const line of [
    `etcd_request_duration_seconds_count{${labels}} 3`,
    `etcd_request_duration_seconds_bucket{${labels},le="0.025"} 0`,
    `etcd_request_duration_seconds_bucket{${labels},le="0.05"} 3`,
    `etcd_requests_total{${labels}} 4`,
    `etcd_request_errors_total{${labels}} 1`,
  ])
    assert.ok(lines.includes(line), line);
  write(0);
  let measured = 0;
  for (let i = 0; i < 32; i++) {
    const since = times.began('update');
    if (!Number.isNaN(since)) measured++;
    times.took('update', since);
  }
  assert.equal(measured, 2);
  assert.ok(metrics.render().includes(`etcd_requests_total{${labels}} 37`));
});
