/** The dashboard's server with a control plane: requests of a browser, and what it must not serve. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { configmaps } from '@typernetes/api/core/v1';
import { silentLogger, systemClock } from '@typernetes/base';
import { type ApiResponse, httpTransport, readBody, type Transport } from '@typernetes/client';
import { anonymousOptions, dashboard } from '@typernetes/dashboard';
import { selfSignedServing } from '@typernetes/pki';
import { listen } from '@typernetes/process';
import { type ControlPlane, startControlPlane } from 'typernetes';
import { WebSocket } from 'ws';
import { writePage } from '../../tools/page-bundle.ts';
import { eventually } from './api.ts';
import { userToken } from './user-token.ts';

let plane: ControlPlane;
let url: string;
let browser: Transport;
const stop = new AbortController();
let running: Promise<void>;
const folder = mkdtempSync(join(tmpdir(), 'dashboard-'));
const tokens = { admin: '', viewer: '' };

before(async () => {
  [plane] = await Promise.all([startControlPlane({ scheduler: false }), writePage('dashboard', folder)]);
  const transport = httpTransport(
    anonymousOptions({ server: plane.url, tls: { ca: plane.ca }, token: 'not passed on' }),
  );
  const { handle, upgrade } = dashboard({ transport, page: folder, log: silentLogger });
  const tls = await selfSignedServing('dashboard', systemClock.now());
  const serving = await listen({ name: 'dashboard', address: '127.0.0.1', port: 0, tls, handle });
  serving.server.on('upgrade', upgrade);
  running = serving.run(stop.signal).finally(() => transport.close());
  url = `https://127.0.0.1:${serving.port}`;
  browser = httpTransport({ server: url, tls: { insecureSkipVerify: true } });
  tokens.admin = await userToken(plane, 'admin', 'cluster-admin');
  tokens.viewer = await userToken(plane, 'viewer', 'view');
});

after(async () => {
  browser?.close();
  stop.abort();
  await running;
  await plane?.stop();
  rmSync(folder, { recursive: true });
});

interface Answer<T = Record<string, unknown>> {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly body: T;
}

async function answerOf<T>(response: ApiResponse): Promise<Answer<T>> {
  const bytes = Buffer.from(await readBody(response));
  const text = (response.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString();
  const isJson = response.headers['content-type']?.startsWith('application/json');
  return { ...response, text, body: (isJson ? JSON.parse(text) : undefined) as T };
}

/** Sends a request as the dashboard's page does, with the headers that browsers add. */
async function ask<T = Record<string, unknown>>(
  path: string,
  { method = 'GET', body, ...headers }: { method?: string; body?: unknown } & Record<string, unknown> = {},
): Promise<Answer<T>> {
  const sent = body === undefined ? {} : { body: JSON.stringify(body), type: { 'content-type': 'application/json' } };
  return answerOf<T>(
    await browser.request({
      method,
      path,
      headers: { 'sec-fetch-site': 'same-origin', ...sent.type, ...(headers as Record<string, string>) },
      ...(sent.body === undefined ? {} : { body: sent.body }),
    }),
  );
}

interface Session {
  readonly user: { readonly username: string };
  readonly proof: string;
}

/** Logs in; returns the headers for the session's requests. */
async function logIn(token: string): Promise<{ cookie: string; 'x-dashboard-proof': string }> {
  const { status, headers, body } = await ask<Session>('/session', { method: 'POST', body: { token } });
  assert.equal(status, 200);
  const cookie = headers['set-cookie']?.split(';')[0] ?? '';
  return { cookie, 'x-dashboard-proof': body.proof };
}

test('serves the page and everything it refers to under a strict content security policy', async () => {
  const page = await ask('/');
  assert.equal(page.status, 200);
  const policy = page.headers['content-security-policy'] ?? '';
  for (const rule of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"])
    assert.ok(policy.includes(rule), policy);
  assert.doesNotMatch(policy, /unsafe/);
  assert.doesNotMatch(page.text, /<script(?![^>]*\bsrc=)|<style|\son\w+=/);
  const named = [...page.text.matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map(([, name]) => name ?? '');
  assert.equal(named.length, 2);
  for (const name of named) {
    const file = await ask(`/${name}`, { 'accept-encoding': 'gzip' });
    assert.equal(file.status, 200);
    assert.equal(file.headers['content-encoding'], 'gzip');
    assert.match(file.headers['cache-control'] ?? '', /immutable/);
    const { etag = '' } = file.headers;
    assert.equal((await ask(`/${name}`, { 'accept-encoding': 'gzip', 'if-none-match': etag })).status, 304);
  }
});

test('serves nothing else, at any path', async () => {
  for (const path of ['/../package.json', '/%2e%2e/package.json', '/etc/passwd', '/main.js', '//'])
    assert.equal((await ask(path)).status, 404, path);
  assert.equal((await ask('/', { method: 'POST', body: {} })).status, 405);
  assert.equal((await ask('/healthz')).text, 'ok');
});

test('a token logs in, and is kept where no script can read it', async () => {
  const { status, headers, body } = await ask<Session>('/session', { method: 'POST', body: { token: tokens.admin } });
  assert.equal(status, 200);
  assert.equal(body.user.username, 'system:serviceaccount:default:admin');
  assert.match(headers['set-cookie'] ?? '', /; HttpOnly; Secure; SameSite=Strict$/);
  assert.ok(!JSON.stringify(body).includes(tokens.admin));
  const session = await logIn(tokens.admin);
  assert.equal((await ask<Session>('/session', session)).body.user.username, body.user.username);
  const left = await ask('/session', { method: 'DELETE', ...session });
  assert.match(left.headers['set-cookie'] ?? '', /Max-Age=0/);
});

test('rejects wrong and missing tokens', async () => {
  for (const [token, status] of [
    ['wrong', 401],
    [`${tokens.admin.slice(0, -4)}AAAA`, 401],
    ['', 400],
    ['a b\r\nx: y', 400],
    ['x'.repeat(5000), 400],
  ] as const) {
    const answer = await ask('/session', { method: 'POST', body: { token } });
    assert.equal(answer.status, status, token);
    assert.equal(answer.headers['set-cookie'], undefined);
  }
  assert.equal((await ask('/session')).status, 401);
  assert.equal((await ask('/k8s/api/v1/namespaces/default/pods')).status, 401);
});

test('rejects requests that do not come from the page', async () => {
  const { cookie, ...proof } = await logIn(tokens.admin);
  const path = '/k8s/api/v1/namespaces/default/configmaps';
  assert.equal((await ask(path, { cookie, ...proof })).status, 200);
  assert.equal((await ask(path, { cookie })).status, 403);
  assert.equal((await ask(path, { cookie, ...proof, 'sec-fetch-site': 'cross-site' })).status, 403);
  const foreign = { method: 'POST', body: { token: tokens.admin }, 'sec-fetch-site': 'cross-site' };
  assert.equal((await ask('/session', foreign)).status, 403);
  assert.equal(
    (await ask('/session', { ...foreign, 'sec-fetch-site': 'same-origin', 'content-type': 'text/plain' })).status,
    415,
  );
  for (const wrong of ['/k8s/metrics', '/k8s/api/v1/namespaces/default/services/x/proxy/', '/k8s/api/%2e%2e/metrics'])
    assert.equal((await ask(wrong, { cookie, ...proof })).status, 403, wrong);
});

test('a user has the rights of RBAC, and is told what is missing', async () => {
  const session = await logIn(tokens.viewer);
  const path = '/k8s/api/v1/namespaces/default/configmaps';
  assert.equal((await ask(path, session)).status, 200);
  const refused = await ask<{ message: string }>(path, {
    ...session,
    method: 'POST',
    body: { metadata: { name: 'not-mine' } },
  });
  assert.equal(refused.status, 403);
  assert.match(
    refused.body.message,
    /^configmaps is forbidden: User "system:serviceaccount:default:viewer" cannot create/,
  );
  // Nobody can impersonate others through the dashboard.
  const secrets = { ...session, 'impersonate-user': 'root', 'impersonate-group': 'system:masters' };
  assert.equal((await ask('/k8s/api/v1/secrets', secrets)).status, 403);
  assert.equal((await ask('/k8s/api/v1/secrets', { ...session, authorization: `Bearer ${tokens.admin}` })).status, 403);
});

test('lists are served as tables, and responses can never be shown as pages', async () => {
  const session = await logIn(tokens.viewer);
  const { headers, body } = await ask<{ kind: string; columnDefinitions: { name: string }[] }>(
    '/k8s/api/v1/namespaces/default/pods?limit=500',
    { ...session, accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
  );
  assert.equal(body.kind, 'Table');
  assert.deepEqual(
    body.columnDefinitions.slice(0, 3).map(({ name }) => name),
    ['Name', 'Ready', 'Status'],
  );
  assert.match(headers['content-security-policy'] ?? '', /sandbox/);
  assert.equal(headers['x-content-type-options'], 'nosniff');
  assert.equal(headers['cache-control'], 'no-store');
});

/** Opens a WebSocket as the page does. */
function openSocket(
  path: string,
  session: { cookie: string; 'x-dashboard-proof': string },
  protocols: string[],
): WebSocket {
  return new WebSocket(
    `${url.replace('https:', 'wss:')}${path}`,
    [...protocols, `dashboard-proof.${session['x-dashboard-proof']}`],
    { rejectUnauthorized: false, origin: url, headers: { cookie: session.cookie } },
  );
}

test('a watch delivers single events, as tables where requested', async () => {
  const session = await logIn(tokens.viewer);
  const maps = plane.client.resource(configmaps);
  const { resourceVersion } = (await maps.list({ namespace: 'default' })).metadata;
  const socket = openSocket(
    `/k8s/api/v1/namespaces/default/configmaps?watch=true&resourceVersion=${resourceVersion}`,
    session,
    ['dashboard-table'],
  );
  await once(socket, 'open');
  assert.equal(socket.protocol, 'dashboard-table');
  await maps.create({ metadata: { namespace: 'default', name: 'seen' }, data: { a: '1' } });
  const [message] = await once(socket, 'message');
  const { type, object } = JSON.parse(String(message));
  assert.deepEqual([type, object.kind, object.rows[0].cells[0]], ['ADDED', 'Table', 'seen']);
  socket.close();
  await once(socket, 'close');
});

test("rejects WebSockets without proof of origin, and passes on the API server's rejections", async () => {
  const session = await logIn(tokens.viewer);
  const watch = '/k8s/api/v1/namespaces/default/configmaps?watch=true';
  const [, unproved] = await once(
    openSocket(watch, { ...session, 'x-dashboard-proof': 'x' }, ['dashboard-json']),
    'unexpected-response',
  );
  assert.equal(unproved.statusCode, 403);
  const exec = '/k8s/api/v1/namespaces/default/pods/web/exec?command=ls&stdout=true';
  const [, forbidden] = await once(openSocket(exec, session, ['v5.channel.k8s.io']), 'unexpected-response');
  assert.equal(forbidden.statusCode, 403);
  forbidden.setEncoding('utf8');
  let text = '';
  for await (const part of forbidden) text += part;
  assert.match(text, /viewer\\" cannot (get|create) resource \\"pods\/exec\\"/);
});

test('an edit is tried as a dry run, made, and rejected after a concurrent one', async () => {
  const session = await logIn(tokens.admin);
  const path = '/k8s/api/v1/namespaces/default/configmaps';
  const made = await ask<{ metadata: { resourceVersion: string }; data: Record<string, string> }>(path, {
    ...session,
    method: 'POST',
    body: { metadata: { name: 'edited' }, data: { a: '1' } },
  });
  assert.equal(made.status, 201);
  const put = (query: string, data: unknown) =>
    ask<{ reason: string; message: string }>(`${path}/edited?fieldValidation=Strict${query}`, {
      ...session,
      method: 'PUT',
      body: { ...made.body, data },
    });
  assert.equal((await put('&dryRun=All', { a: '2' })).status, 200);
  assert.equal((await ask<typeof made.body>(`${path}/edited`, session)).body.data.a, '1');
  assert.equal((await put('', { a: '2' })).status, 200);
  const late = await put('', { a: '3' });
  assert.deepEqual([late.status, late.body.reason], [409, 'Conflict']);
  const wrong = await ask<{ message: string }>(`${path}/edited?fieldValidation=Strict`, {
    ...session,
    method: 'PUT',
    body: { metadata: { name: 'edited' }, date: {} },
  });
  assert.equal(wrong.status, 400);
  assert.match(wrong.body.message, /unknown field "date"/);
});

test('reports an API server that cannot be reached', async () => {
  const nowhere = httpTransport({ server: 'https://127.0.0.1:1' });
  const { handle } = dashboard({ transport: nowhere, page: folder, log: silentLogger });
  const ending = new AbortController();
  const serving = await listen({ name: 'lost', address: '127.0.0.1', port: 0, handle });
  const ran = serving.run(ending.signal);
  const client = httpTransport({ server: `http://127.0.0.1:${serving.port}` });
  const answer = await eventually(async () =>
    answerOf<{ message: string }>(
      await client.request({
        method: 'POST',
        path: '/session',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ token: 'any' }),
      }),
    ),
  );
  assert.equal(answer.status, 502);
  assert.match(answer.body.message, /^Cannot reach the API server: /);
  client.close();
  ending.abort();
  await ran;
  nowhere.close();
});
