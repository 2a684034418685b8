import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '@typernetes/base/testing';
import { createMetrics } from '@typernetes/process';
import { bytesReply } from '../handlers/reply.ts';
import { parseRequestInfo } from '../request/parse-request-info.ts';
import type { RequestContext } from '../request/request-context.ts';
import { requestMetrics } from './request-metrics.ts';

function contextOf(method: string, target: string): RequestContext {
  const { pathname: path, searchParams: query } = new URL(target, 'http://server');
  return {
    request: {
      method,
      path,
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
    `verb="${verb}",dry_run="${dryRun}",group="",version="${resource && 'v1'}",resource="${resource}",subresource="",scope="${scope}",component="apiserver"`;
  for (const expected of [
    `apiserver_request_total{${line('LIST', 'pods', 'namespace')},code="200"} 1`,
    `apiserver_request_total{${line('POST', 'pods', 'resource')},code="409"} 1`,
    `apiserver_request_total{${line('WATCH', 'pods', 'cluster')},code="200"} 1`,
    `apiserver_request_total{${line('DELETE', 'pods', 'resource', 'All')},code="200"} 1`,
    `apiserver_request_total{${line('DELETE', 'pods', 'resource', 'invalid')},code="200"} 2`,
    `apiserver_request_total{${line('GET', '', '')},code="200"} 1`,
    `apiserver_request_total{${line('GET', '', '')},code="404"} 1`,
    `apiserver_request_duration_seconds_count{${line('LIST', 'pods', 'namespace')}} 1`,
  ])
    assert.ok(text.includes(expected), expected);
  assert.ok(!text.includes(`duration_seconds_count{${line('WATCH', 'pods', 'cluster')}}`));
});
