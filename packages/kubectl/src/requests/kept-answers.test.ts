import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '@typernetes/base';
import { type ApiRequest, type ApiResponse, restClient } from '@typernetes/client';
import { answerAt } from './kept-answers.ts';

const now = Date.UTC(2026, 10, 29);
const date = new Date(now).toUTCString();
const later = new Date(now + 60_000).toUTCString();

/** A server with a fixed response, and an empty cache folder. */
function setUp(answer: { status?: number; headers: Record<string, string>; body: string }, cacheDir?: string) {
  const folder = mkdtempSync(join(tmpdir(), 'kept-answers-'));
  const seen: ApiRequest[] = [];
  const state = { answer, now };
  const client = restClient({
    async request(request): Promise<ApiResponse> {
      seen.push(request);
      const { status = 200, headers, body } = state.answer;
      return {
        status,
        headers,
        body: (async function* () {
          yield Buffer.from(body);
        })(),
      };
    },
    upgrade: () => Promise.reject(new Error('not asked for')),
    close: () => undefined,
  });
  const clock = { ...systemClock, now: () => state.now };
  const source = { client, server: 'https://cluster:6443/', cacheDir: cacheDir ?? folder, clock };
  return {
    folder,
    files: () => readdirSync(join(folder, 'http')).map((name) => join(folder, 'http', name)),
    seen,
    state,
    ask: async (accept = 'application/json', path = '/openapi/v3/api/v1?hash=A') =>
      Buffer.from(await answerAt({ path, accept }, source)).toString(),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}

const immutable = { 'cache-control': 'public, immutable', date, expires: later, etag: '"1"' };

test('caches a response for its max-age, readable by the owner only', async () => {
  using server = setUp({ headers: immutable, body: '{"a":"ä"}' });
  assert.equal(await server.ask(), '{"a":"ä"}');
  assert.equal(await server.ask(), '{"a":"ä"}');
  assert.equal(server.seen.length, 1);
  const [file = ''] = server.files();
  assert.deepEqual(
    [file, join(server.folder, 'http')].map((path) => (statSync(path).mode & 0o777).toString(8)),
    ['600', '700'],
  );
  // Another hash is another document.
  await server.ask('application/json', '/openapi/v3/api/v1?hash=B');
  assert.equal(server.seen.length, 2);
  server.state.now += 60_000;
  server.state.answer = { headers: immutable, body: '{"b":1}' };
  assert.equal(await server.ask(), '{"b":1}');
  assert.equal(server.seen[2]?.headers?.['if-none-match'], '"1"');
});

test('revalidates stale responses, and uses the cached body if they have not changed', async () => {
  const headers = { 'cache-control': 'no-cache, private', date, expires: later, etag: '"1"' };
  using server = setUp({ headers, body: 'one' });
  await server.ask();
  server.state.answer = { status: 304, headers, body: '' };
  assert.equal(await server.ask(), 'one');
  assert.deepEqual(
    server.seen.map((request) => request.headers?.['if-none-match']),
    [undefined, '"1"'],
  );
});

test("max-age counts from the response's Date, and takes precedence over Expires", async () => {
  using server = setUp({ headers: { ...immutable, 'cache-control': 'max-age=10' }, body: 'one' });
  await server.ask();
  server.state.now += 9_999;
  await server.ask();
  assert.equal(server.seen.length, 1);
  server.state.now += 1;
  await server.ask();
  assert.equal(server.seen.length, 2);
});

test('does not use a response to a request with other headers', async () => {
  using server = setUp({ headers: { ...immutable, vary: 'Accept' }, body: 'one' });
  await server.ask('application/json');
  await server.ask('text/plain');
  await server.ask('text/plain');
  assert.equal(server.seen.length, 2);
});

test('requests no-store and corrupt responses again', async () => {
  using secret = setUp({ headers: { ...immutable, 'cache-control': 'no-store' }, body: 'one' });
  await secret.ask();
  await secret.ask();
  assert.equal(secret.seen.length, 2);
  using spoilt = setUp({ headers: immutable, body: 'one' });
  await spoilt.ask();
  const [file = ''] = spoilt.files();
  const bytes = readFileSync(file);
  writeFileSync(file, bytes.fill('x', bytes.length - 1));
  assert.equal(await spoilt.ask(), 'one');
  writeFileSync(file, '');
  assert.equal(await spoilt.ask(), 'one');
  assert.equal(spoilt.seen.length, 3);
  assert.equal(await spoilt.ask(), 'one');
  assert.equal(spoilt.seen.length, 3);
});

test('works without a usable cache folder', async () => {
  using server = setUp({ headers: immutable, body: 'one' }, '/dev/null');
  assert.equal(await server.ask(), 'one');
  assert.equal(await server.ask(), 'one');
  assert.equal(server.seen.length, 2);
});

test('does not cache errors', async () => {
  using server = setUp({ status: 403, headers: immutable, body: '{"kind":"Status","message":"no"}' });
  await assert.rejects(server.ask(), /no/);
  server.state.answer = { headers: immutable, body: 'one' };
  assert.equal(await server.ask(), 'one');
});
