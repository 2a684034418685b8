import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { FakeClock, silentLogger } from '@typernetes/base/testing';
import { createMetrics } from '@typernetes/process';
import type { UserInfo } from '../identity/user-info.ts';
import { parseRequestInfo } from '../request/parse-request-info.ts';
import { bytesReply, jsonReply } from '../request/reply.ts';
import { splitTarget } from '../serving/http-request.ts';
import { type AuditBackend, forgiving, logBackend } from './audit-backend.ts';
import type { AuditEvent } from './audit-event.ts';
import { type AuditedRequest, auditor } from './auditor.ts';
import { batchingBackend } from './batching.ts';
import { auditPolicyEvaluator, decodeAuditPolicy, defaultPolicy } from './policy.ts';
import { rotatingFile } from './rotating-file.ts';

const admin: UserInfo = { username: 'admin', groups: ['system:masters'] };

function asked(method: string, target: string, { body = '', user = admin } = {}): AuditedRequest {
  const { path, search, query } = splitTarget(target);
  const info = parseRequestInfo(method, path, query);
  return {
    request: {
      method,
      path,
      search,
      query,
      headers: { 'user-agent': 'kubectl/v1.35', 'content-type': 'application/json' },
      remoteAddress: '127.0.0.1',
      body: async () => Buffer.from(body),
      bodyStream: async function* () {},
      signal: new AbortController().signal,
    },
    info,
    auditId: 'id-1',
    access: { ...info, user },
    startedAt: Number.MAX_SAFE_INTEGER,
  };
}

function recording(policy = defaultPolicy) {
  const events: AuditEvent[] = [];
  const backend: AuditBackend = { name: 'log', record: (some) => void events.push(...some), close: async () => {} };
  const clock = new FakeClock(Date.UTC(2026, 0, 1));
  const kit = { metrics: createMetrics(), clock, log: silentLogger };
  return { events, audit: auditor({ evaluate: auditPolicyEvaluator(policy), backends: [backend], ...kit }) };
}

test('the log has the address as it was sent', () => {
  const { events, audit } = recording();
  const target =
    '/api/v1/namespaces/a%20b/pods?fieldSelector=metadata.name=x,spec.nodeName!=y&labelSelector=a+in%20(b)';
  audit.begin(asked('GET', target))?.answered(bytesReply(200, Buffer.from('{}')));
  audit.begin(asked('GET', '/api?'))?.answered(bytesReply(200, Buffer.from('{}')));
  assert.deepEqual(
    events.map(({ requestURI }) => requestURI),
    [target, '/api?'],
  );
});

test('without a policy the log records who did what', () => {
  const { events, audit } = recording();
  const target = '/apis/apps/v1/namespaces/default/deployments/web/scale?dryRun=All';
  const trail = audit.begin(asked('PUT', target));
  trail?.annotate('authorization.k8s.io/decision', 'allow');
  trail?.answered(bytesReply(200, Buffer.from('{}')));
  assert.deepEqual(events, [
    {
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: 'Metadata',
      auditID: 'id-1',
      stage: 'ResponseComplete',
      requestURI: target,
      verb: 'update',
      user: { username: 'admin', groups: ['system:masters'] },
      sourceIPs: ['127.0.0.1'],
      userAgent: 'kubectl/v1.35',
      objectRef: {
        resource: 'deployments',
        namespace: 'default',
        name: 'web',
        apiGroup: 'apps',
        apiVersion: 'v1',
        subresource: 'scale',
      },
      responseStatus: { metadata: {}, code: 200 },
      annotations: { 'authorization.k8s.io/decision': 'allow' },
      requestReceivedTimestamp: '2026-01-01T00:00:00.000000Z',
      stageTimestamp: '2026-01-01T00:00:00.000000Z',
    },
  ]);
});

test('a policy chooses level and stages by the first matching rule', () => {
  const evaluate = auditPolicyEvaluator(
    decodeAuditPolicy(`
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
omitManagedFields: true
rules:
- { level: None, users: ["system:kube-proxy"], verbs: [watch] }
- { level: None, nonResourceURLs: ["/healthz*", /version] }
- { level: Request, namespaces: [kube-system], resources: [{ resources: [configmaps] }] }
- { level: Metadata, resources: [{ resources: ["secrets", "*/log"] }, { group: apps, resources: ["deployments/*"], resourceNames: [web] }] }
- { level: RequestResponse, userGroups: [ops], omitStages: [ResponseStarted], omitManagedFields: false }
`),
  );
  const level = (method: string, target: string, user: Partial<UserInfo> = {}): string =>
    evaluate(asked(method, target, { user: { ...admin, ...user } }).access).level;
  assert.equal(level('GET', '/api/v1/services?watch=1', { username: 'system:kube-proxy' }), 'None');
  assert.equal(level('GET', '/healthz/ping'), 'None');
  assert.equal(level('GET', '/api/v1/namespaces/kube-system/configmaps/a'), 'Request');
  assert.equal(level('GET', '/api/v1/namespaces/default/configmaps/a'), 'None');
  assert.equal(level('GET', '/api/v1/namespaces/default/secrets'), 'Metadata');
  assert.equal(level('GET', '/api/v1/namespaces/default/pods/a/log'), 'Metadata');
  assert.equal(level('PUT', '/apis/apps/v1/namespaces/a/deployments/web/scale'), 'Metadata');
  assert.equal(level('PUT', '/apis/apps/v1/namespaces/a/deployments/db/scale'), 'None');
  const verdict = evaluate(asked('GET', '/api', { user: { username: 'x', groups: ['ops'] } }).access);
  assert.deepEqual(
    [verdict.level, [...verdict.omitStages], verdict.omitManagedFields],
    ['RequestResponse', ['RequestReceived', 'ResponseStarted'], false],
  );
});

test('a policy that means nothing is refused', () => {
  const policy = (rules: string) => () => decodeAuditPolicy(`{apiVersion: audit.k8s.io/v1, kind: Policy, ${rules}}`);
  assert.throws(policy('rules: []'), { message: 'loaded illegal policy with 0 rules' });
  assert.throws(policy('rules: [{level: All}]'), /rules\[0\]\.level: Unsupported value: "All"/);
  assert.throws(policy('rules: [{level: None, nonResourceURLs: [healthz]}]'), /must begin with a '\/' character/);
  assert.throws(policy('rules: [{level: None, resources: [{resourceNames: [a]}]}]'), /requires at least one resource/);
  assert.throws(policy('rules: [{level: None, omitStages: [Never]}]'), /allowed stages are RequestReceived/);
  assert.throws(policy('rule: []'), /unknown field "rule"/);
});

test('records objects with defaults, without managed fields, and the reason of a refusal', async () => {
  const { events, audit } = recording({ rules: [{ level: 'RequestResponse' }], omitManagedFields: true });
  const body = JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a', managedFields: [{}] } });
  const trail = audit.begin(asked('POST', '/api/v1/namespaces/default/secrets', { body }));
  await trail?.request.body(1000);
  trail?.describe({ name: 'a', uid: '7', resourceVersion: '3' });
  trail?.answered(jsonReply(201, { kind: 'Secret', metadata: { name: 'a', managedFields: [{}] } }));
  const refused = audit.begin(asked('DELETE', '/api/v1/namespaces/default/secrets/b'));
  const status = {
    kind: 'Status',
    status: 'Failure',
    message: 'no',
    reason: 'NotFound',
    details: { name: 'b' },
    code: 404,
  };
  refused?.answered(jsonReply(404, status));
  assert.deepEqual(
    events.map(({ stage }) => stage),
    ['RequestReceived', 'ResponseComplete', 'RequestReceived', 'ResponseComplete'],
  );
  assert.deepEqual(events[1]?.requestObject, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'a' },
    type: 'Opaque',
  });
  assert.deepEqual(events[1]?.objectRef, {
    resource: 'secrets',
    namespace: 'default',
    name: 'a',
    uid: '7',
    apiVersion: 'v1',
    resourceVersion: '3',
  });
  assert.deepEqual(events[1]?.responseObject, { kind: 'Secret', metadata: { name: 'a' } });
  assert.deepEqual(events[3]?.responseStatus, {
    metadata: {},
    status: 'Failure',
    message: 'no',
    reason: 'NotFound',
    details: { name: 'b' },
    code: 404,
  });
});

test('records options of deletions as they are understood, and that they succeeded', async () => {
  const { events, audit } = recording({ rules: [{ level: 'Request' }], omitStages: ['RequestReceived'] });
  const body = '{"propagationPolicy":"Background"}';
  const trail = audit.begin(asked('DELETE', '/api/v1/namespaces/default/secrets/a', { body }));
  await trail?.request.body(1000);
  const details = { name: 'a', kind: 'secrets' };
  trail?.answered(jsonReply(200, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details }));
  assert.deepEqual(events[0]?.requestObject, {
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    propagationPolicy: 'Background',
  });
  assert.deepEqual(events[0]?.responseStatus, { metadata: {}, status: 'Success', details, code: 200 });
});

test('records a stream at its start and end, and an unauthenticated request once', async () => {
  const { events, audit } = recording();
  const watched = audit.begin(asked('GET', '/api/v1/pods?watch=1'));
  const reply = watched?.answered({ status: 200, headers: {}, body: async () => {} });
  assert.deepEqual(
    events.map(({ stage }) => stage),
    ['ResponseStarted'],
  );
  assert.ok(typeof reply?.body === 'function');
  const { signal } = new AbortController();
  await reply.body({ write: () => true, drained: async () => {}, buffered: 0, signal });
  audit.refused(asked('GET', '/api', { user: { username: '', groups: [] } }), jsonReply(401, {}));
  assert.deepEqual(
    events.map(({ stage, responseStatus }) => [stage, (responseStatus as { message?: string }).message]),
    [
      ['ResponseStarted', undefined],
      ['ResponseComplete', undefined],
      ['ResponseStarted', 'Authentication failed, no credentials provided'],
    ],
  );
});

test('in blocking-strict mode, requests fail if they cannot be recorded; other modes count the failures', () => {
  const full = logBackend({
    write: () => {
      throw new Error('ENOSPC');
    },
  });
  const kit = { metrics: createMetrics(), clock: new FakeClock(), log: silentLogger };
  const policy = auditPolicyEvaluator({ rules: [{ level: 'Metadata' }] });
  const strict = auditor({ evaluate: policy, backends: [full], ...kit });
  assert.throws(() => strict.begin(asked('GET', '/api')), { reason: 'InternalError' });
  const failed: string[] = [];
  const lax = forgiving(full, { failed: (plugin, _error, n) => void failed.push(`${plugin} ${n}`) });
  const { audit } = { audit: auditor({ evaluate: policy, backends: [lax], ...kit, metrics: createMetrics() }) };
  audit.begin(asked('GET', '/api'));
  assert.deepEqual(failed, ['log 1']);
});

test('the legacy format is one line of text', () => {
  const lines: string[] = [];
  const { events, audit } = recording();
  audit.begin(asked('GET', '/api/v1/namespaces/a/pods/b'))?.answered(bytesReply(200, Buffer.from('')));
  logBackend({ write: (line) => void lines.push(line) }, 'legacy').record(events);
  assert.equal(
    lines[0],
    '2026-01-01T00:00:00.000000Z AUDIT: id="id-1" stage="ResponseComplete" ip="127.0.0.1" method="get" user="admin" groups="\\"system:masters\\"" as="<self>" asgroups="<lookup>" user-agent="kubectl/v1.35" namespace="a" uri="/api/v1/namespaces/a/pods/b" response="200"\n',
  );
});

test('a full file is rotated, and only so many are kept', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'audit-'));
  try {
    const clock = new FakeClock(Date.UTC(2026, 0, 1, 12, 30));
    const path = join(folder, 'new', 'audit.log');
    const options = { maxBytes: 10, maxBackups: 2, maxAgeDays: 0, compress: false, clock, log: silentLogger };
    const file = rotatingFile(path, options);
    for (const line of ['one 678\n', 'two 678\n', 'three 8\n', 'four 78\n']) {
      file.write(line);
      await clock.advance(1500);
    }
    await file.close?.();
    assert.deepEqual(readdirSync(join(folder, 'new')).sort(), [
      'audit-2026-01-01T12-30-03.000.log',
      'audit-2026-01-01T12-30-04.500.log',
      'audit.log',
    ]);
    assert.equal(readFileSync(path, 'utf8'), 'four 78\n');
    // A day later the old ones are deleted; the file itself is appended to.
    await clock.advance(48 * 3_600_000);
    const later = rotatingFile(path, { ...options, maxBytes: 100, maxAgeDays: 1 });
    later.write('five\n');
    await later.close?.();
    assert.deepEqual(readdirSync(join(folder, 'new')), ['audit.log']);
    assert.equal(readFileSync(path, 'utf8'), 'four 78\nfive\n');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('sends batches by size or time, drops and reports events when the buffer is full, and sends the rest at the end', async () => {
  const { events, audit } = recording();
  for (let i = 0; i < 8; i++) audit.begin(asked('GET', `/api/${i}`))?.answered(bytesReply(200, Buffer.from('')));
  const clock = new FakeClock();
  const sent: number[] = [];
  const dropped: number[] = [];
  const gate = Promise.withResolvers<void>();
  const backend = batchingBackend(
    'webhook',
    async (batch) => {
      sent.push(batch.length);
      if (sent.length === 1) await gate.promise;
    },
    { bufferSize: 3, maxSize: 2, maxWaitMs: 1000, clock, failures: { failed: (_n, _e, n) => void dropped.push(n) } },
  );
  backend.record(events.slice(0, 1));
  assert.deepEqual(sent, []);
  await clock.advance(1000);
  assert.deepEqual(sent, [1]);
  backend.record(events.slice(1, 6));
  assert.deepEqual(dropped, [2]);
  gate.resolve();
  await backend.close();
  assert.deepEqual(sent, [1, 2, 1]);
});

test('a bug of the program ends a request in the stage Panic', () => {
  const { events, audit } = recording();
  const trail = audit.begin(asked('GET', '/api/v1/namespaces/default/pods/web'));
  trail?.impersonating({ username: 'jane', groups: [] }, 'impersonate:user-info');
  trail?.panicked('x is not a function');
  trail?.answered(jsonReply(500, {}));
  const [event, ...more] = events;
  assert.deepEqual(more, []);
  assert.deepEqual(
    [event?.stage, event?.responseStatus, event?.authenticationMetadata],
    [
      'Panic',
      {
        metadata: {},
        status: 'Failure',
        message: "APIServer panic'd: x is not a function",
        reason: 'InternalError',
        code: 500,
      },
      { impersonationConstraint: 'impersonate:user-info' },
    ],
  );
});
