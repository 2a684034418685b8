import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Reply, ServerRequest } from '../request/server-request.ts';
import { forwardPage } from './forward-page.ts';

const prefix = '/api/v1/nodes/n/proxy';
const page = '<a href="/x">\xe9</a>';
const answers: Readonly<Record<string, { headers: OutgoingHttpHeaders; body: Uint8Array | string }>> = {
  '/page/': { headers: { 'content-type': 'text/html; charset=latin1' }, body: Buffer.from(page, 'latin1') },
  '/packed': { headers: { 'content-type': 'text/html', 'content-encoding': 'gzip' }, body: gzipSync(page) },
  '/strange': { headers: { 'content-type': 'text/html', 'content-encoding': 'br' }, body: page },
  '/text': { headers: { 'content-type': 'text/plain', 'access-control-allow-origin': '*' }, body: page },
  '/moved': { headers: { location: '/elsewhere' }, body: '' },
};
const asked: IncomingHttpHeaders[] = [];
const server = createServer(({ url = '', headers }, answer) => {
  asked.push(headers);
  const found = answers[url];
  answer.writeHead(found?.headers.location ? 302 : 200, found?.headers).end(found?.body);
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
after(() => server.close());
const { port } = server.address() as AddressInfo;

const request: ServerRequest = {
  method: 'GET',
  path: '/',
  search: '',
  query: new URLSearchParams(),
  headers: { host: 'api.example.com' },
  remoteAddress: '127.0.0.1',
  body: async () => new Uint8Array(),
  async *bodyStream() {},
  signal: new AbortController().signal,
};
const ask = (path: string, at = port): Promise<Reply> =>
  forwardPage({ host: '127.0.0.1', port: at, path }, request, prefix);

async function bytesOf({ body }: Reply): Promise<Buffer> {
  if (typeof body !== 'function') return Buffer.from((body ?? '') as Uint8Array);
  const chunks: Uint8Array[] = [];
  await body({
    write: (chunk) => chunks.push(chunk) > 0,
    drained: async () => undefined,
    buffered: 0,
    signal: request.signal,
  });
  return Buffer.concat(chunks);
}

test("rewrites a page's links to lead through the proxy, in any encoding", async () => {
  const reply = await ask('/page/');
  const body = await bytesOf(reply);
  assert.equal(body.toString('latin1'), `<a href="${prefix}/x">\xe9</a>`);
  assert.equal(reply.headers['content-length'], String(body.length));
  assert.equal(asked.at(-1)?.['x-forwarded-uri'], `${prefix}/page/`);
});

test('decompresses pages for that, if the encoding is known', async () => {
  assert.equal(
    gunzipSync(await bytesOf(await ask('/packed')))
      .toString('latin1')
      .includes(`href="${prefix}/x"`),
    true,
  );
  assert.equal((await bytesOf(await ask('/strange'))).includes('href="/x"'), true);
});

test('redirections stay behind the proxy', async () => {
  const { status, headers } = await ask('/moved');
  assert.deepEqual([status, headers.location], [302, `${prefix}/elsewhere`]);
});

test('passes on anything else unchanged, except for CORS headers', async () => {
  const reply = await ask('/text');
  assert.equal((await bytesOf(reply)).includes('href="/x"'), true);
  assert.equal(reply.headers['access-control-allow-origin'], undefined);
});

test("reports an unreachable backend in upstream's words", () =>
  assert.rejects(ask('/', 1), {
    reason: 'ServiceUnavailable',
    message: 'error trying to reach service: dial tcp 127.0.0.1:1: connect: connection refused',
  }));
